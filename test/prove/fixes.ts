import type { Edit, Fix, Leak } from '../../src/finding.ts';
import { findingsOf } from './compare.ts';
import type { holds} from './fixtures.ts';
import { type FixtureFunction, type Group } from './fixtures.ts';
import { readFixture, type FixtureFile } from './source.ts';

/** A group's text with some fixes applied, and the functions that are to be run in it. */
export interface Variant {
  /** The fixes' titles. */
  readonly title: string;
  /** The `Leak…` function that the fixes were offered for. */
  readonly fn: FixtureFunction;
  readonly files: readonly FixtureFile[];
  /** All of the function's findings are fixed: nothing may be left. Otherwise less must be left than before. */
  readonly complete: boolean;
  /** `Safe…` functions whose text the fixes touch: they must stay so. */
  readonly touched: readonly FixtureFunction[];
  /** Only to be compiled: one fix of several. */
  readonly compileOnly: boolean;
}

export interface Offer {
  readonly variants: readonly Variant[];
  readonly complaints: readonly { readonly subject: string; readonly says: string }[];
}

function editText(edit: Edit): string {
  return `${edit.path}:${edit.startLine}-${edit.endLine}:${edit.newText}`;
}

function uniqueEdits(fixes: readonly Fix[]): Edit[] {
  return [...new Map(fixes.flatMap((fix) => fix.edits).map((edit) => [editText(edit), edit])).values()];
}

function overlap(edits: readonly Edit[]): boolean {
  return edits.some((a, i) => edits.some((b, j) => i < j && a.path === b.path && a.startLine <= b.endLine && b.startLine <= a.endLine));
}

/** Replaces whole lines, from the last edit to the first, so that line numbers hold. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const lines = text.split('\n');
  for (const edit of [...edits].sort((a, b) => b.startLine - a.startLine)) {
    const replacement = edit.newText === '' ? [] : edit.newText.split('\n');
    lines.splice(edit.startLine - 1, edit.endLine - edit.startLine + 1, ...replacement);
  }
  return lines.join('\n');
}

function edited(group: Group, edits: readonly Edit[]): FixtureFile[] {
  return group.files.map((file) => {
    const own = edits.filter((edit) => edit.path === file.path);
    return own.length === 0 ? file : readFixture(file.path, applyEdits(file.text, own));
  });
}

function invalid(group: Group, edits: readonly Edit[]): Edit | undefined {
  return edits.find((edit) => {
    const file = group.files.find((candidate) => candidate.path === edit.path);
    return file === undefined || edit.startLine < 1 || edit.endLine < edit.startLine || edit.endLine > file.text.split('\n').length;
  });
}

/**
 * What must be built and run to prove the fixes offered for one leak: all of them together, which must leave nothing,
 * and each alone, which must compile. Fixes that overlap are alternatives: each must then cure alone.
 */
export function offerOf(group: Group, fn: FixtureFunction, leaks: readonly Leak[]): Offer {
  const own = findingsOf(fn, leaks);
  const fixes = own.flatMap((leak) => (leak.fix === null ? [] : [leak.fix]));
  const distinct = [...new Map(fixes.map((fix) => [fix.edits.map(editText).join('\n'), fix])).values()];
  if (distinct.length === 0) return { variants: [], complaints: [] };
  const outside = invalid(group, uniqueEdits(distinct));
  if (outside !== undefined) return { variants: [], complaints: [{ subject: fn.name, says: `a fix edits lines that are not there: ${editText(outside)}` }] };
  const twice = distinct.find((fix) => overlap(fix.edits));
  if (twice !== undefined) return { variants: [], complaints: [{ subject: fn.name, says: `the edits of a fix overlap: ${twice.title}` }] };

  const variant = (chosen: readonly Fix[], compileOnly: boolean): Variant => {
    const edits = uniqueEdits(chosen);
    return {
      title: chosen.map((fix) => fix.title).join(' + '),
      fn,
      files: edited(group, edits),
      complete: own.every((leak) => leak.fix !== null),
      touched: group.functions.filter((other) => !other.leaks && edits.some((edit) => other.reach.some((part) => touches(part, edit)))),
      compileOnly,
    };
  };
  const together = uniqueEdits(distinct);
  if (overlap(together)) return { variants: distinct.map((fix) => variant([fix], false)), complaints: [] };
  const alone = distinct.length > 1 ? distinct.map((fix) => variant([fix], true)) : [];
  return { variants: [variant(distinct, false), ...alone], complaints: [] };
}

function touches(part: Parameters<typeof holds>[0], edit: Edit): boolean {
  return part.path === edit.path && edit.startLine <= part.endLine && part.line <= edit.endLine;
}
