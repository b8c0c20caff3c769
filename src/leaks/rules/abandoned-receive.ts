import { contains, walk, type Expr } from '../../go/ast.ts';
import { displayName } from '../../go/package.ts';
import type { Analysis, Wait } from '../analysis.ts';
import { madeHere } from '../analysis.ts';
import { blockedAt, isSelf, witnessOf, type Blocked } from '../blocked.ts';
import { deferredClose, waitsForClose } from '../closing.ts';
import { goesOn } from '../goes-on.ts';
import type { Code } from '../machine/code.ts';
import type { Site } from '../machine/value.ts';
import { decisionSteps } from '../obligations/loss-report.ts';
import type { Unanswered } from '../obligations/requests.ts';
import { rule, type Report } from '../rule.ts';
import { confidenceOfAwaited, isWalkedAt, name, normal, place, quoted, startsAsSteps } from '../witness.ts';

/** A receive that waits for good on a channel of this package, which nobody is left to send on or to close. */
interface WalkedReceive extends Blocked<'recv'> {
  readonly kind: 'walked';
  readonly wait: Wait;
  readonly site: Site;
}

type AbandonedReceive = WalkedReceive | { readonly kind: 'unanswered'; readonly request: Unanswered };

export const abandonedReceive = rule<AbandonedReceive>(
  {
    id: 'abandoned-receive',
    case: 'S19',
    title: { en: 'abandoned receive', 'zh-CN': '被遗弃的接收' },
    why: {
      en: 'The goroutine, and everything it holds, stays until the process ends.',
      'zh-CN': '该 goroutine 及其持有的一切会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Senders in code the channel is handed to outside of the package: the rule is then silent.',
      'zh-CN': '如果 channel 被交给包外的代码，规则看不到那里的发送方，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      const unanswered = analysis.unanswered();
      for (const request of unanswered) yield { kind: 'unanswered', request };
      for (const blocked of blockedAt(analysis, 'recv')) {
        const { wait, code, instr } = blocked;
        // Why nobody answers says more than that nobody does.
        if (unanswered.some(({ waits }) => waits.file === code.file && waits.receive.pos === instr.pos)) continue;
        if (madeHere(wait.on) && !waitsForClose(code, instr) && !meansToWait(analysis, code, instr.expr)) yield { kind: 'walked', ...blocked, site: wait.on.site };
      }
    },
    explain: (fact, analysis) => (fact.kind === 'walked' ? explainWalked(fact, analysis) : explainUnanswered(fact.request, analysis)),
  },
);

/** `c := make(chan struct{})`, `<-c`, and not another word of it, or of anything: it is meant to wait for ever, like `select {}`. */
function meansToWait({ pkg }: Analysis, { decl, func }: Code, channel: Expr): boolean {
  const obj = channel.kind === 'Ident' ? pkg.objectOf(channel) : undefined;
  if (obj?.kind !== 'var' || obj.role !== 'local' || obj.func !== func || obj.origin.kind !== 'expr' || obj.origin.expr.kind !== 'CallExpr' || !decl.body) return false;
  let mentions = 0;
  walk(decl.body, (node) => {
    if (node.kind === 'Ident' && node !== obj.ident && pkg.objectOf(node) === obj) mentions++;
    return undefined;
  });
  return mentions === 1 && !contains(decl.body, (node) => node.kind === 'UnaryExpr' && node.op === '<-' && node.x === channel && goesOn(decl, node));
}

function explainWalked({ wait, code, instr, site }: WalkedReceive, analysis: Analysis): Report {
  const { file } = code;
  const channel = quoted(file, instr.expr);
  const receive = place(file, { pos: instr.pos, end: instr.expr.end });
  const { way, steps } = witnessOf(analysis, wait, receive, { en: `the receive from ${channel} then waits for ever`, 'zh-CN': `此后从 ${channel} 的接收将永远等待` });
  return {
    anchor: receive,
    decl: code.decl,
    confidence: confidenceOfAwaited(analysis, wait),
    message: isSelf(wait)
      ? {
          en: `This receive from ${channel} waits for ever: no goroutine that could send on it or close it is left.`,
          'zh-CN': `从 ${channel} 的这次接收会永远等待：已没有能向它发送或将其关闭的 goroutine。`,
        }
      : {
          en: `This goroutine can block for ever receiving from ${channel}: ${way ? `once ${way.short.en} nobody sends on it or closes it any more` : 'no goroutine that could send on it or close it is left'}.`,
          'zh-CN': `这个 goroutine 可能永远阻塞在从 ${channel} 接收上：${way ? `一旦${way.short['zh-CN']}，就再也没有人向它发送或将其关闭` : '已没有能向它发送或将其关闭的 goroutine'}。`,
        },
    steps,
    repairs: isSelf(wait) ? [] : deferredClose(wait, site),
    parked: { function: code.name, waitReason: 'chan receive' },
    roots: wait.roots,
    foundBy: 'walk',
    operation: `<-${normal(file, instr.expr)}`,
    cause: `receive ${site.code.file.path}:${site.pos}`,
  };
}

function explainUnanswered({ file, decl, received, how, answer, waits }: Unanswered, analysis: Analysis): Report {
  const channel = quoted(waits.file, waits.receive.x);
  const receive = place(waits.file, waits.receive);
  const fn = name(displayName(decl));
  const request = quoted(file, received);
  return {
    anchor: receive,
    decl: waits.decl,
    confidence: isWalkedAt(analysis, waits.file, waits.receive.pos) ? 'certain' : 'likely',
    message:
      how.kind === 'lost'
        ? {
            en: `This receive from ${channel} can wait for ever: ${fn}, which takes the request by ${request}, answers it on other ways, but not on all, and nobody else does.`,
            'zh-CN': `从 ${channel} 的这次接收可能永远等待：${fn} 通过 ${request} 取得请求，它在其他路径上作出了应答，但并非在所有路径上，也没有别人应答。`,
          }
        : {
            en: `This receive from ${channel} can wait for ever: ${fn}, which takes the request by ${request}, can go while requests are still in the buffer, and nobody else takes them from there.`,
            'zh-CN': `从 ${channel} 的这次接收可能永远等待：${fn} 通过 ${request} 取得请求，它可能在缓冲中仍有请求时离开，而没有别人会取走它们。`,
          },
    steps: [
      ...startsAsSteps(analysis.pkg, waits.func).slice(0, 1),
      { at: place(file, received), says: { en: `${fn} takes the request here`, 'zh-CN': `${fn} 在这里取得请求` } },
      ...(how.kind === 'lost'
        ? // That it comes round to the next request is no decision.
          decisionSteps(file, { ...how.lost, decisions: how.lost.decisions.filter(({ taken }) => typeof taken === 'boolean' || taken.comm !== received) })
        : [{ at: place(file, how.leaves.comm ?? how.leaves), says: { en: `${fn} can go this way instead`, 'zh-CN': `${fn} 也可能走这条路径离开` } }]),
      { at: place(file, answer), says: how.kind === 'lost' ? { en: 'here, on another way, it is answered', 'zh-CN': '在另一条路径上，请求在这里得到应答' } : { en: 'what it takes is answered here', 'zh-CN': '取走的请求在这里得到应答' } },
      { at: receive, says: { en: `the receive from ${channel} then waits for ever`, 'zh-CN': `此后从 ${channel} 的接收将永远等待` } },
    ],
    repairs: [],
    parked: { function: analysis.runtimeName(waits.decl, waits.func), waitReason: 'chan receive' },
    roots: [...new Set([decl, waits.decl])],
    foundBy: 'reading',
    operation: `<-${normal(waits.file, waits.receive.x)}`,
  };
}
