import { textOf, walk, type CallExpr, type Expr, type Node } from '../../go/ast.ts';
import { madeHere, operationOf, positionOf, type Wait } from '../analysis.ts';
import { replaceText, indentOf } from '../edit.ts';
import type { Code, Instr } from '../machine/code.ts';
import { callOf, nextStep } from '../machine/machine.ts';
import { rule, type Repair } from '../rule.ts';
import { confidenceOf, normal, place, quoted } from '../witness.ts';

/** A wait for goroutines that cannot end, because they send to the very code that waits for them first. */
interface EarlyWait {
  readonly wait: Wait;
  readonly code: Code;
  readonly call: CallExpr;
  readonly send: { readonly code: Code; readonly instr: Extract<Instr, { op: 'send' }> };
  /** Where the waiting code receives what is sent, had it come that far. */
  readonly drain: Extract<Instr, { op: 'recv' }>;
}

export const waitBeforeDrain = rule<EarlyWait>(
  {
    id: 'wait-before-drain',
    case: 'S12',
    title: { en: 'wait before the results are received', 'zh-CN': '先等待、后接收结果' },
    why: {
      en: 'The goroutines wait for a receiver, and the receiver waits for them: all of them stay until the process ends.',
      'zh-CN': 'goroutine 在等接收方，接收方又在等它们：双方都会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'How many values there are, where code outside of the package decides it: the channel\'s room is then taken to be enough.',
      'zh-CN': '如果值的数量由包外的代码决定，规则会认为 channel 的缓冲足够，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const wait of analysis.waits()) {
        const early = earlyWait(wait);
        if (early) yield early;
      }
    },
    explain(fact, analysis) {
      const { wait, code, call, send, drain } = fact;
      const channel = quoted(send.code.file, send.instr.expr);
      const waiting = quoted(code.file, call);
      const at = place(code.file, call);
      return {
        anchor: at,
        decl: code.decl,
        confidence: confidenceOf(analysis, wait),
        message: {
          en: `${waiting} waits for goroutines that wait for this very function: they send on ${channel}, and nobody receives from it until ${waiting} has returned.`,
          'zh-CN': `${waiting} 所等待的 goroutine 正在等待本函数：它们向 ${channel} 发送，而在 ${waiting} 返回之前没有人从中接收。`,
        },
        steps: [
          { at: place(send.code.file, { pos: send.instr.pos, end: send.instr.expr.end }), says: { en: `the goroutine waits here, to send on ${channel}`, 'zh-CN': `goroutine 在这里等待向 ${channel} 发送` } },
          { at, says: { en: `${waiting} waits for that goroutine`, 'zh-CN': `${waiting} 等待该 goroutine` } },
          { at: place(code.file, { pos: drain.pos, end: drain.expr.end }), says: { en: `${channel} would be received from only here`, 'zh-CN': `直到这里才会从 ${channel} 接收` } },
        ],
        repairs: closeBehind(fact),
        parked: { function: code.name, waitReason: 'sync.WaitGroup.Wait' },
        roots: wait.roots,
        covers: [place(send.code.file, { pos: send.instr.pos, end: send.instr.expr.end })],
        foundBy: 'walk',
        operation: `${normal(code.file, call)} before ${normal(code.file, drain.expr)}`,
      };
    },
  },
);

/** Whether a wait is one for goroutines that are themselves stuck sending to the code that waits. */
function earlyWait(wait: Wait): EarlyWait | undefined {
  const operation = operationOf(wait.stuck.step);
  if (operation !== 'WaitGroup.Wait' && operation !== 'errgroup.Wait') return undefined;
  const { step, state, waiting } = wait.stuck;
  const call = callOf(step);
  if (!call) return undefined;
  for (const at of waiting) {
    const proc = state.procs[at];
    const sender = proc && nextStep(proc);
    if (sender?.kind !== 'instr' || sender.instr.op !== 'send' || !madeHere(state.get(sender.frame.regs[sender.instr.chan]))) continue;
    const { frame, instr } = sender;
    const drain = drainBehind(step.frame.code, positionOf(step), frame.code, instr.expr);
    if (drain) return { wait, code: step.frame.code, call: call.node, send: { code: frame.code, instr }, drain };
  }
  return undefined;
}

/** A receive from the same channel, as it is written, further down in the code that waits. */
function drainBehind(code: Code, pos: number, sender: Code, sent: Expr): Extract<Instr, { op: 'recv' }> | undefined {
  const name = textOf(sender.file, sent);
  return code.instrs.find((instr): instr is Extract<Instr, { op: 'recv' }> => instr.op === 'recv' && instr.pos > pos && textOf(code.file, instr.expr) === name);
}

/** `wg.Wait(); close(ch)` moved into a goroutine of its own, so that the loop over the channel begins at once. */
function closeBehind({ code, call, drain }: EarlyWait): Repair[] {
  const { file } = code;
  const channel = textOf(file, drain.expr);
  let close: CallExpr | undefined;
  walk(code.decl, (node: Node) => {
    const isClose = node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'close' && node.args[0] !== undefined && textOf(file, node.args[0]) === channel;
    if (isClose && node.pos > call.end && file.text.slice(call.end, node.pos).trim() === '') close = node;
    return undefined;
  });
  if (!close) return [];
  const indent = indentOf(file, call.pos);
  return [{
    title: { en: `wait and close in a goroutine, so that ${quoted(file, drain.expr)} is received from at once`, 'zh-CN': `在单独的 goroutine 中等待并关闭，使 ${quoted(file, drain.expr)} 立即得到接收` },
    edits: [replaceText(file, call.pos, close.end, `go func() {\n${indent}\t${textOf(file, call)}\n${indent}\t${textOf(file, close)}\n${indent}}()`)],
  }];
}
