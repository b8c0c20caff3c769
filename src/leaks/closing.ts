import { displayName } from '../go/package.ts';
import type { Wait } from './analysis.ts';
import { insertAfter } from './edit.ts';
import type { Code, Instr } from './machine/code.ts';
import type { Site } from './machine/value.ts';
import type { Repair } from './rule.ts';
import { name } from './witness.ts';

/** A range, or a receive that asks whether the channel is closed. */
export function waitsForClose(code: Code, recv: Extract<Instr, { op: 'recv' }>): boolean {
  return recv.range || code.instrs.some((instr) => instr.op === 'branch' && instr.cond === recv.ok) || code.instrs.some((instr) => (instr.op === 'move' || instr.op === 'newCell') && instr.src === recv.ok);
}

/** A close deferred right where the channel is made, in the function whose end strands the goroutine. */
export function deferredClose(wait: Wait, site: Site): Repair[] {
  if (site.code.func !== wait.root || site.expr === null) return [];
  const { file } = site.code;
  const line = file.text.slice(0, site.pos).lastIndexOf('\n') + 1;
  const variable = /^\s*(\w+)(?:\s*:?=|,)/u.exec(file.text.slice(line, site.pos))?.[1] ?? /^\s*var\s+(\w+)/u.exec(file.text.slice(line, site.pos))?.[1];
  if (variable === undefined) return [];
  return [{
    title: { en: `close ${name(variable)} when ${name(displayName(wait.root))} returns`, 'zh-CN': `在 ${name(displayName(wait.root))} 返回时关闭 ${name(variable)}` },
    edits: [insertAfter(file, site.expr.end, [`defer close(${variable})`])],
  }];
}
