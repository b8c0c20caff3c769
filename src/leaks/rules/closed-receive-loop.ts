import { textOf } from '../../go/ast.ts';
import type { Confidence } from '../../finding.ts';
import { replaceText } from '../edit.ts';
import type { EndlessGoroutine, Evidence } from '../exits/exits.ts';
import { waitsOf } from '../exits/wait-reason.ts';
import { rule, type Repair } from '../rule.ts';
import { endlessConfidence, name, normal, place, quoted, startSteps } from '../witness.ts';

/** A loop that receives from a channel which is closed, and does not ask. */
interface ClosedReceive {
  readonly endless: EndlessGoroutine;
  readonly evidence: Extract<Evidence, { kind: 'closed' }>;
  readonly confidence: Confidence;
}

export const closedReceiveLoop = rule<ClosedReceive>(
  {
    id: 'closed-receive-loop',
    case: 'S22',
    title: { en: 'receive loop that goes on after the close', 'zh-CN': 'channel 关闭后仍在继续的接收循环' },
    why: {
      en: 'From the close on, the goroutine goes round and round on zero values and keeps a processor busy until the process ends.',
      'zh-CN': '关闭之后，goroutine 会不停地收到零值而空转，占用一个处理器直到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'A channel that is closed by another package, or that is replaced by a new one: the rule is then silent.',
      'zh-CN': '在其他包中关闭的 channel，或会被新 channel 替换的 channel，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const endless of analysis.endless()) {
        const [evidence] = endless.evidence;
        const confidence = endlessConfidence(endless, 'certain');
        if (confidence && evidence.kind === 'closed') yield { endless, evidence, confidence };
      }
    },
    explain({ endless, evidence, confidence }, analysis) {
      const { body } = endless;
      const { closed } = evidence;
      const channel = quoted(body.file, evidence.channel);
      const anchor = place(body.file, evidence.clause?.comm ?? evidence.op.node);
      return {
        anchor,
        decl: body.decl,
        confidence,
        message: {
          en: `This loop does not end when ${channel} is closed: from then on each receive yields a zero value at once, and the goroutine goes round and round for ever.`,
          'zh-CN': `${channel} 关闭后这个循环不会结束：此后每次接收都立即得到零值，goroutine 会永远空转。`,
        },
        steps: [
          ...startSteps(endless),
          { at: place(closed.file, closed.node), says: { en: 'the channel is closed here', 'zh-CN': 'channel 在这里被关闭' } },
          { at: anchor, says: { en: 'the receive then yields zero values, and nothing leaves the loop', 'zh-CN': '此后接收只会得到零值，没有任何语句能离开循环' } },
        ],
        repairs: ranges(endless, evidence),
        parked: { function: analysis.runtimeName(body.decl, body.func), waitReason: 'runnable' },
        roots: [body.decl],
        foundBy: 'reading',
        covers: confidence === 'certain' ? waitsOf(endless) : [],
        operation: `<-${normal(body.file, evidence.channel)}`,
      };
    },
  },
);

/** `for v := range ch`, where the receive is the first thing the loop does. */
function ranges({ body, loop: { loop } }: EndlessGoroutine, { op, channel }: ClosedReceive['evidence']): Repair[] {
  const [first] = loop.body.list;
  if (loop.kind !== 'ForStmt' || loop.init || loop.cond || loop.post || !first) return [];
  const { file } = body;
  const value = first.kind === 'AssignStmt' && first.op === ':=' && first.lhs.length === 1 && first.rhs[0] === op.node && first.lhs[0] ? `${textOf(file, first.lhs[0])} := ` : first.kind === 'ExprStmt' && first.x === op.node ? '' : undefined;
  if (value === undefined) return [];
  const header = `for ${value}range ${textOf(file, channel)} {`;
  return [{ title: { en: `range over ${name(textOf(file, channel))}`, 'zh-CN': `用 range 遍历 ${name(textOf(file, channel))}` }, edits: [replaceText(file, loop.pos, first.end, header)] }];
}
