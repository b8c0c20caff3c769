import { contains, textOf } from '../../go/ast.ts';
import { orReturn } from '../or-return.ts';
import type { Repair } from '../rule.ts';
import { name } from '../witness.ts';
import type { End } from './ends.ts';

/** A select around a send, that returns once a signal comes; `signal`: as the send's function writes it, null where it cannot. */
export function giveUp(send: End, signal: string | null): Repair[] {
  if (signal === null || send.func.type.results.length > 0 || releasesAfter(send)) return [];
  const edit = orReturn(send.file, send.node, textOf(send.file, send.node), `<-${signal}`);
  return edit ? [{ title: { en: `give up once ${name(signal)} says so`, 'zh-CN': `收到 ${name(signal)} 的通知后放弃发送` }, edits: [edit] }] : [];
}

/** Whether code behind the send lets others go on: returning early would skip it. */
function releasesAfter({ func, node }: End): boolean {
  return func.body !== null && contains(func.body, (one) => {
    if (one.pos < node.end) return false;
    if (one.kind === 'SendStmt') return true;
    if (one.kind !== 'CallExpr') return false;
    return one.fun.kind === 'Ident' ? one.fun.name === 'close' : one.fun.kind === 'SelectorExpr' && /^(?:Done|Unlock|RUnlock|Release|Signal|Broadcast|Close|Stop)$/u.test(one.fun.sel.name);
  });
}
