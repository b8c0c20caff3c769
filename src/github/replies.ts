import { catalogue } from '../leaks/catalogue.ts';
import { explanation, longestBody } from './comment.ts';
import { code, cut, fenced, prose, visible } from './markdown.ts';
import { replyMarker } from './marker.ts';
import { words } from './words.ts';
import type { Language } from '../words.ts';
import type { CommentContext } from './comment.ts';
import type { Dismissal } from './marker.ts';
import type { Remaining } from './plan.ts';

/** Says that a finding does not count any more, and remembers it. `answers` is the id of the comment that asked for it. */
export function dismissalReply(dismissal: Dismissal, by: string, answers: string, language: Language): string {
  return `${words[language].dismissed[dismissal](code(by))}\n\n${replyMarker({ answers, dismissal })}`;
}

/** Says what can be asked for. */
export function helpReply(word: string, answers: string, language: Language): string {
  return `${words[language].commandHelp(code(`/goleash ${word}`.trim()))}\n\n${replyMarker({ answers, dismissal: null })}`;
}

/** All that is known of a finding: its whole path with the code, its case, the rule's limits, how to confirm. `texts` are the files at head. */
export function explainReply(finding: Pick<Remaining, 'leak' | 'fix'>, texts: ReadonlyMap<string, string>, answers: string, context: CommentContext): string {
  const { leak, fix } = finding;
  const text = words[context.language];
  const meta = catalogue.find(({ id }) => id === leak.rule);
  const path = leak.steps.map(({ path: file, line, says }, index) => `${index + 1}. ${code(`${file}:${line}`)} ${prose(says)}\n${indented(fenced('go', visible((texts.get(file)?.split('\n')[line - 1] ?? '').trim())))}`);
  const parts = [
    explanation({ ...leak, steps: [] }, fix, context), // its steps come with their code
    `**${text.wholePath}**\n\n${path.join('\n')}`,
    meta === undefined ? '' : text.cannotSee(prose(meta.cannotSee[context.language])),
  ];
  const end = `\n\n${replyMarker({ answers, dismissal: null })}`;
  return cut(parts.filter((part) => part !== '').join('\n\n'), longestBody - end.length, text.cutOff) + end;
}

/** In place of an explanation, where the finding is not there at the head. */
export function goneReply(sha: string, answers: string, language: Language): string {
  return `${words[language].notReportedAt(code(sha.slice(0, 12)))}\n\n${replyMarker({ answers, dismissal: null })}`;
}

/** As the content of a list's item. */
function indented(block: string): string {
  return block.replace(/^/gm, '   ');
}
