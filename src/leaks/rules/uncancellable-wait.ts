import type { Expr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Wait } from '../analysis.ts';
import { blockedAt, heldIn, isSelf, witnessOf, type Blocked } from '../blocked.ts';
import { endlessLoops } from '../exits/loops.ts';
import { isTimers } from '../exits/things.ts';
import { rule } from '../rule.ts';
import { confidenceOfAwaited, normal, place, quoted } from '../witness.ts';

/** A wait for the end of a context that nobody can end. Source: context.Background's documentation; its Done is nil. */
export const uncancellableWait = rule<Blocked<'recv'>>(
  {
    id: 'uncancellable-wait',
    case: 'S23',
    title: { en: 'context that is never cancelled', 'zh-CN': '永不取消的 context' },
    why: {
      en: 'Nobody can cancel this context, so the goroutine that waits for its end stays until the process ends.',
      'zh-CN': '没有人能取消这个 context，因此等待它结束的 goroutine 会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Contexts that come from callers outside of the package, which may be cancelled or not: the rule is then silent.',
      'zh-CN': '来自包外调用方的 context 可能可取消，也可能不可取消，因此规则保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const blocked of blockedAt(analysis, 'recv')) {
        const value = heldIn(blocked.wait, blocked.instr.chan);
        if (value?.t === 'nil' && value.of === 'done') yield blocked;
      }
    },
    explain({ wait, code, instr }, analysis) {
      const { file } = code;
      const channel = quoted(file, instr.expr);
      const receive = place(file, { pos: instr.pos, end: instr.expr.end });
      const { steps } = witnessOf(analysis, wait, receive, { en: `${channel} never comes: the context has no one to cancel it`, 'zh-CN': `${channel} 永远不会到来：没有人能取消该 context` });
      return {
        anchor: receive,
        decl: code.decl,
        confidence: livesAsLong(analysis.pkg, wait) ? 'likely' : confidenceOfAwaited(analysis, wait),
        message: isSelf(wait)
          ? { en: `This receive from ${channel} waits for ever: the context goes back to Background or TODO without a cancel, so its Done is nil.`, 'zh-CN': `从 ${channel} 的这次接收会永远等待：该 context 源自没有 cancel 的 Background 或 TODO，其 Done 为 nil。` }
          : { en: `This goroutine waits for ever on ${channel}: the context it was given goes back to Background or TODO without a cancel, so its Done is nil and nobody can end it.`, 'zh-CN': `这个 goroutine 会永远等待 ${channel}：它得到的 context 源自没有 cancel 的 Background 或 TODO，其 Done 为 nil，没有人能结束它。` },
        steps,
        repairs: [],
        parked: { function: code.name, waitReason: 'chan receive (nil chan)' },
        roots: wait.roots,
        foundBy: 'walk',
        operation: `<-${normal(file, instr.expr)}`,
      };
    },
  },
);

/** Whether who has started the goroutine goes round for ever after that, as what is meant to live as long as the process does: then it leaves one goroutine behind, and no more. */
function livesAsLong(pkg: GoPackage, { stuck: { state, proc } }: Wait): boolean {
  const spawn = state.procs[proc]?.spawn;
  if (!spawn) return false;
  const channels = { isNeverClosed: (channel: Expr) => isTimers(pkg, channel), isDead: () => false, isReassigned: () => true };
  return endlessLoops(pkg, spawn.code.func, channels).some(({ loop }) => loop.pos > spawn.pos);
}
