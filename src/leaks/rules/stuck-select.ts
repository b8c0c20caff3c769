import type { SelectStmt } from '../../go/ast.ts';
import { blockedAt, heldIn, isSelf, witnessOf, type Blocked } from '../blocked.ts';
import { isToldAsLoss } from '../obligations/context-waits.ts';
import { rule } from '../rule.ts';
import { confidenceOfAwaited, normal, place, quoted } from '../witness.ts';

/** A select none of whose cases can come true any more. */
export const stuckSelect = rule<Blocked<'select'>>(
  {
    id: 'stuck-select',
    case: 'S24',
    title: { en: 'select without a case left', 'zh-CN': '再无分支可走的 select' },
    why: {
      en: 'The goroutine, and everything it holds, stays until the process ends.',
      'zh-CN': '该 goroutine 及其持有的一切会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'What code outside of the package does with one of the channels: the rule is then silent.',
      'zh-CN': '如果包外的代码持有其中某个 channel，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const blocked of blockedAt(analysis, 'select')) {
        // An empty select is there to wait for ever, and says so.
        if (blocked.instr.arms.length > 0 && !isToldAsLoss(analysis, blocked.wait)) yield blocked;
      }
    },
    explain({ wait, code, instr }, analysis) {
      const { file } = code;
      const cases = instr.arms.map((arm) => quoted(file, arm.clause.comm ?? arm.expr, 40));
      const list = cases.length > 3 ? [...cases.slice(0, 3), '…'] : cases;
      const select = place(file, head(instr.stmt));
      const { way, steps } = witnessOf(analysis, wait, select, { en: 'this select then waits for ever', 'zh-CN': '此后这个 select 将永远等待' });
      const allNil = instr.arms.every((arm) => heldIn(wait, arm.chan)?.t === 'nil');
      const why = allNil
        ? { en: 'all of its channels are nil', 'zh-CN': '它的所有 channel 都是 nil' }
        : way
          ? { en: `once ${way.short.en} none of its cases can come true: ${list.join(', ')}`, 'zh-CN': `一旦${way.short['zh-CN']}，它的任何分支都不可能再满足：${list.join('、')}` }
          : { en: `none of its cases can come true: ${list.join(', ')}`, 'zh-CN': `它的任何分支都不可能再满足：${list.join('、')}` };
      return {
        anchor: select,
        decl: code.decl,
        confidence: confidenceOfAwaited(analysis, wait),
        message: isSelf(wait) ? { en: `This select waits for ever: ${why.en}.`, 'zh-CN': `这个 select 会永远等待：${why['zh-CN']}。` } : { en: `This goroutine can block for ever in this select: ${why.en}.`, 'zh-CN': `这个 goroutine 可能永远阻塞在这个 select 上：${why['zh-CN']}。` },
        steps,
        repairs: [],
        parked: { function: code.name, waitReason: 'select' },
        roots: wait.roots,
        foundBy: 'walk',
        operation: `select ${instr.arms.map((arm) => normal(file, arm.clause.comm ?? arm.expr)).join('|')}`,
      };
    },
  },
);

/** The word `select` alone: its cases belong to the diff's reader, not to the anchor. */
function head(stmt: SelectStmt): { readonly pos: number; readonly end: number } {
  return { pos: stmt.pos, end: stmt.pos + 'select'.length };
}
