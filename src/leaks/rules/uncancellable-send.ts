import { contains, rootOf, textOf } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { Text } from '../../words.ts';
import { rule, type Explained } from '../rule.ts';
import { giveUp } from '../unguarded/give-up.ts';
import { isAt } from '../unguarded/is-at.ts';
import type { Uncancellable } from '../unguarded/uncancellable.ts';
import { name, normal, place, quoted, startsAsSteps } from '../witness.ts';

/** A send that does not watch for what ends its goroutine, to receivers that are not seen. Sources: kubo's core/commands, containerd#7223, headscale#1564. */
export const uncancellableSend = rule<Uncancellable>(
  {
    id: 'uncancellable-send',
    case: 'S7',
    title: { en: 'send that cannot be cancelled', 'zh-CN': '无法取消的发送' },
    why: {
      en: 'Who has cancelled mostly does not receive any more; the send then waits until the process ends, with everything its goroutine holds.',
      'zh-CN': '取消的一方通常不会再接收；这次发送会一直等到进程结束，其 goroutine 持有的一切也无法释放。',
    },
    confidence: 'likely',
    cannotSee: {
      en: 'Receivers in other packages, which may read to the end whatever comes: hence likely at most.',
      'zh-CN': '其他包中的接收方可能无论如何都会读到最后，因此最多只报告“可能”。',
    },
  },
  {
    find: (analysis) => analysis.uncancellable().filter(({ send }) => !analysis.waits().some((wait) => isAt(wait, send))),
    explain({ send, goroutine, reason }, analysis) {
      const { file } = send;
      const channel = quoted(file, send.channel);
      const anchor = place(file, send.node);
      const signal = quoted(reason.at.file, reason.signal);
      return {
        anchor,
        decl: send.decl,
        confidence: 'likely',
        message: {
          en: `This send on ${channel} can wait for ever: whoever receives may be gone once ${signal} ends, and the send watches for nothing else.`,
          'zh-CN': `对 ${channel} 的这次发送可能永远等待：${signal} 结束后接收方可能已经离开，而这次发送不关注任何其他信号。`,
        },
        steps: [
          ...startsAsSteps(analysis.pkg, goroutine).slice(0, 1),
          { at: place(reason.at.file, reason.at.node), says: shows({ reason }, signal, displayName(reason.at.decl)) },
          { at: anchor, says: { en: `the send on ${channel} does not`, 'zh-CN': `对 ${channel} 的发送没有关注` } },
        ] satisfies Explained[],
        repairs: giveUp(send, signalAt(analysis.pkg, send, reason)),
        parked: { function: analysis.runtimeName(send.decl, send.func), waitReason: 'chan send' },
        roots: [send.decl],
        foundBy: 'reading',
        operation: `${normal(file, send.channel)}<- uncancelled`,
        cause: `send ${normal(file, send.channel)}`,
      };
    },
  },
);

/** What tells that the goroutine should end, in a step of the witness. */
function shows({ reason: { kind } }: Pick<Uncancellable, 'reason'>, signal: string, decl: string): Text {
  switch (kind) {
    case 'own':
      return { en: `here the goroutine watches ${signal}`, 'zh-CN': `goroutine 在这里关注了 ${signal}` };
    case 'same':
      return { en: `another send on the channel watches ${signal}`, 'zh-CN': `该 channel 上的另一次发送关注了 ${signal}` };
    case 'context':
      return { en: `${name(decl)} is given ${signal}, by which its caller can cancel`, 'zh-CN': `${name(decl)} 得到了 ${signal}，调用方可用它取消` };
  }
}

/** What the send would watch for, as its function writes it: a parameter that nothing near hides. Where the signal has come already, giving up would lose what tells of it. */
function signalAt(pkg: GoPackage, send: Uncancellable['send'], { kind, at, signal }: Uncancellable['reason']): string | null {
  if (at.decl !== send.decl || send.around.some((func) => func.body && contains(func.body, (one) => one.kind === 'CommClause' && one.comm !== null && contains(one.comm, (inner) => inner === signal) && contains(one, (inner) => inner === send.node)))) return null;
  const text = textOf(at.file, signal);
  const root = rootOf(signal.kind === 'CallExpr' ? signal.fun : signal);
  const obj = root && pkg.objectOf(root);
  if (obj?.kind !== 'var' || (obj.role !== 'param' && obj.role !== 'receiver') || !obj.func || !send.around.includes(obj.func)) return null;
  return kind === 'context' ? `${text}.Done()` : text;
}
