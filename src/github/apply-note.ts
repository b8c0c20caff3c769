import { failureSays } from './check-output.ts';
import { code, prose } from './markdown.ts';
import { words } from './words.ts';
import type { CombinedFixes } from '../combine-fixes.ts';
import type { Language } from '../words.ts';
import type { Applied } from './applied.ts';

/** More would push everything else out of the summary. */
const mostListed = 50;

/** What a check run says of the press of its button. `reference` is what the operator finds a failure by. */
export function applyNote(applied: Applied, by: string, reference: string, language: Language): string {
  const text = words[language];
  switch (applied.kind) {
    case 'committed':
      return `**${text.fixesCommitted(applied.fixes.fixes.length, code(applied.sha.slice(0, 12)), code(by))}**${list(applied.fixes, language)}`;
    case 'already':
      return `**${text.fixesCommittedBefore(code(applied.sha.slice(0, 12)))}**`;
    case 'not':
      return `**${text.noFixCommitted}** ${text.notApplied[applied.why]}${list(applied.fixes, language)}`;
    case 'refused':
      return `**${text.noFixCommitted}** ${text.commitRefused(code(applied.says.slice(0, 500)))}`;
    case 'failed':
      return `**${text.noFixCommitted}** ${failureSays(applied.failure, language, reference)}`;
  }
}

function list({ fixes, leftOut }: CombinedFixes, language: Language): string {
  const text = words[language];
  const place = ({ path, line }: { readonly path: string; readonly line: number }): string => code(`${path}:${line}`);
  const lines = [
    ...fixes.map(({ leak, fix }) => `- ${place(leak)} ${prose(fix.title)}`),
    ...leftOut.map(({ leak, why }) => `- ${place(leak)} ${text.fixLeftOut(text.fixLeftOutWhy[why])}`),
  ];
  const rest = lines.length > mostListed ? [`- … + ${lines.length - mostListed}`] : [];
  return lines.length === 0 ? '' : `\n\n${[...lines.slice(0, mostListed), ...rest].join('\n')}`;
}
