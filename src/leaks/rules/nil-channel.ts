import { isMake, type Expr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Analysis } from '../analysis.ts';
import { blockedAt, heldIn, isSelf, witnessOf, type Blocked } from '../blocked.ts';
import { rule, type Report } from '../rule.ts';
import { confidenceOfAwaited, normal, place, quoted } from '../witness.ts';

/** A send or a receive on a channel that is nil: it waits for good, whoever else there is. Source: go.dev/ref/spec, sections Send statements and Receive operator. */
type NilChannel = Blocked<'send'> | Blocked<'recv'>;

export const nilChannel = rule<NilChannel>(
  {
    id: 'nil-channel',
    case: 'S21',
    title: { en: 'nil channel', 'zh-CN': '值为 nil 的 channel' },
    why: {
      en: 'An operation on a nil channel blocks for ever, so the goroutine stays until the process ends.',
      'zh-CN': '对 nil channel 的操作会永远阻塞，因此该 goroutine 会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Channels that code outside of the package may have set, in fields or through pointers: the rule is then silent.',
      'zh-CN': '如果 channel 可能由包外的代码通过字段或指针设置，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const blocked of [...blockedAt(analysis, 'send'), ...blockedAt(analysis, 'recv')]) {
        const value = heldIn(blocked.wait, blocked.instr.chan);
        // The C of a timer that calls a function is nil too; that is a rule of its own.
        const isTimer = blocked.instr.expr.kind === 'SelectorExpr' && blocked.instr.expr.sel.name === 'C';
        if (value?.t === 'nil' && value.of === undefined && !isTimer) yield blocked;
      }
    },
    explain,
  },
);

function explain({ wait, code, instr }: NilChannel, analysis: Analysis): Report {
  const { file } = code;
  const channel = quoted(file, instr.expr);
  const operation = place(file, { pos: instr.pos, end: instr.expr.end });
  const sends = instr.op === 'send';
  const { steps } = witnessOf(analysis, wait, operation, {
    en: `${channel} is nil here: the ${sends ? 'send' : 'receive'} waits for ever`,
    'zh-CN': `此处 ${channel} 为 nil：${sends ? '发送' : '接收'}将永远等待`,
  });
  const who = isSelf(wait) ? { en: `This ${sends ? 'send on' : 'receive from'} ${channel} waits for ever`, 'zh-CN': `对 ${channel} 的这次${sends ? '发送' : '接收'}会永远等待` } : { en: `This goroutine can block for ever ${sends ? 'sending on' : 'receiving from'} ${channel}`, 'zh-CN': `这个 goroutine 可能永远阻塞在${sends ? `向 ${channel} 发送` : `从 ${channel} 接收`}上` };
  return {
    anchor: operation,
    decl: code.decl,
    confidence: isAnswer(analysis.pkg, instr.expr) ? 'likely' : confidenceOfAwaited(analysis, wait),
    message: { en: `${who.en}: when it gets here the channel is nil, and an operation on a nil channel never proceeds.`, 'zh-CN': `${who['zh-CN']}：执行到这里时该 channel 为 nil，而对 nil channel 的操作永远不会完成。` },
    steps,
    repairs: [],
    parked: { function: code.name, waitReason: sends ? 'chan send (nil chan)' : 'chan receive (nil chan)' },
    roots: wait.roots,
    foundBy: 'walk',
    operation: sends ? `nil ${normal(file, instr.expr)}<-` : `nil <-${normal(file, instr.expr)}`,
  };
}

/** Whether a channel is what a function answers, which knows better when that is nil: mostly together with an error, or where nothing was found. */
function isAnswer(pkg: GoPackage, channel: Expr): boolean {
  if (channel.kind === 'CallExpr') return true;
  const obj = channel.kind === 'Ident' ? pkg.objectOf(channel) : undefined;
  if (obj?.kind !== 'var' || (obj.origin.kind !== 'expr' && obj.origin.kind !== 'tuple')) return false;
  const { expr } = obj.origin;
  return expr.kind === 'CallExpr' && !isMake(expr);
}
