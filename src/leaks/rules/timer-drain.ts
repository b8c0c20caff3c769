import type { Expr } from '../../go/ast.ts';
import { atLeast } from '../../go/module.ts';
import { isNamed } from '../../go/type.ts';
import type { Analysis, Wait } from '../analysis.ts';
import { indentOf, replaceText } from '../edit.ts';
import type { Code, Instr } from '../machine/code.ts';
import { rule, type Explained, type Repair } from '../rule.ts';
import { confidenceOf, normal, place, quoted, spawnSteps } from '../witness.ts';

/** A receive from a timer or ticker that will not send again. */
interface TimerDrain {
  readonly wait: Wait;
  readonly code: Code;
  readonly recv: Extract<Instr, { op: 'recv' }>;
}

export const timerDrain = rule<TimerDrain>(
  {
    id: 'timer-drain',
    case: 'Case 3',
    title: { en: 'blocked on a timer', 'zh-CN': '阻塞在 timer 上' },
    why: {
      en: 'A stopped timer never sends again, so the goroutine that drains it waits until the process ends.',
      'zh-CN': '已停止的 timer 不会再发送，因此排空它的 goroutine 会一直等到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Timers that are reset or received from in code outside of the package: the rule is then silent.',
      'zh-CN': '如果 timer 在包外的代码中被 Reset 或接收，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const wait of analysis.waits()) {
        const { step } = wait.stuck;
        if (step.kind !== 'instr' || step.instr.op !== 'recv') continue;
        // A loop over a ticker is another rule's; a timer sends once.
        if (step.instr.range && !isTimerChannel(analysis, step.instr.expr)) continue;
        if ((wait.on?.o === 'chan' && wait.on.of.kind === 'timer') || isTimerChannel(analysis, step.instr.expr)) yield { wait, code: step.frame.code, recv: step.instr };
      }
    },
    explain(fact, analysis) {
      const { wait, code, recv } = fact;
      const { file } = code;
      const channel = quoted(file, recv.expr);
      const receive = place(file, { pos: recv.pos, end: recv.expr.end });
      const synchronous = atLeast(analysis.pkg.module.goVersion, 1, 23);
      return {
        anchor: receive,
        decl: code.decl,
        confidence: confidenceOf(analysis, wait),
        message: {
          en: `This receive from ${channel} can wait for ever: when it is reached, the timer has already been stopped or its value already received, and nothing will send on it again.${synchronous ? ' Since Go 1.23 a stopped timer holds no stale value, so a blocking drain is never needed.' : ''}`,
          'zh-CN': `从 ${channel} 的这次接收可能永远等待：执行到这里时，timer 已经停止或者它的值已被取走，不会再有任何发送。${synchronous ? '自 Go 1.23 起，已停止的 timer 不会残留旧值，因此不再需要阻塞式排空。' : ''}`,
        },
        steps: [...spawnSteps(analysis, wait), ...spent(fact), { at: receive, says: { en: `the receive from ${channel} then waits for ever`, 'zh-CN': `此后从 ${channel} 的接收将永远等待` } }],
        repairs: peeks(fact),
        parked: { function: code.name, waitReason: wait.on === undefined ? 'chan receive (nil chan)' : 'chan receive' },
        roots: wait.roots,
        foundBy: 'walk',
        operation: `<-${normal(file, recv.expr)}`,
      };
    },
  },
);

/** The channel field of a timer, which is nil for one that time.AfterFunc made. */
function isTimerChannel({ pkg }: Analysis, expr: Expr): boolean {
  return expr.kind === 'SelectorExpr' && expr.sel.name === 'C' && isNamed(pkg.typeOf(expr.x), 'time', 'Timer');
}

/** What used the timer up, oldest first: the last two stops or receives before the wait. */
function spent({ wait }: TimerDrain): Explained[] {
  const self = wait.stuck.state.procs[wait.stuck.proc]?.uid;
  const events = wait.stuck.events.filter((event) => event.proc === self && (event.kind === 'stop' || event.kind === 'recv' || (event.kind === 'select' && event.taken !== null)));
  const last = events.slice(-3);
  return last.map((event): Explained => {
    const { file } = event.code;
    if (event.kind === 'stop') return { at: { file, span: { pos: event.pos, end: event.pos } }, says: { en: 'the timer is stopped here', 'zh-CN': 'timer 在这里被停止' } };
    const comm = typeof event.taken === 'object' && event.taken?.comm ? quoted(file, event.taken.comm) : null;
    return {
      at: { file, span: { pos: event.pos, end: event.pos } },
      says: comm ? { en: `the case ${comm} is taken`, 'zh-CN': `走了分支 ${comm}` } : { en: 'its value is received here', 'zh-CN': '它的值在这里被取走' },
    };
  });
}

/** A drain that takes a value if there is one, and is right in every version of Go. */
function peeks({ code, recv }: TimerDrain): Repair[] {
  const { file } = code;
  const end = recv.expr.end;
  const lineStart = file.text.lastIndexOf('\n', recv.pos) + 1;
  const lineEnd = file.text.indexOf('\n', end);
  const before = file.text.slice(lineStart, recv.pos);
  const after = file.text.slice(end, lineEnd === -1 ? undefined : lineEnd);
  if (before.trim() !== '' || !/^\s*(?:\/\/.*)?$/u.test(after)) return []; // the value is used, or the statement shares its line
  const indent = indentOf(file, recv.pos);
  const receive = file.text.slice(recv.pos, end);
  return [{
    title: { en: 'drain only what is there', 'zh-CN': '只在有值时才排空' },
    edits: [replaceText(file, recv.pos, end, `select {\n${indent}case ${receive}:\n${indent}default:\n${indent}}`)],
  }];
}

