import { walk, type Expr, type Node } from '../../go/ast.ts';
import type { Confidence } from '../../finding.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import type { Text } from '../../words.ts';
import { positionOf, type Analysis, type Wait } from '../analysis.ts';
import { blockedAt, witnessOf } from '../blocked.ts';
import { calleeOf } from '../obligations/callee.ts';
import { isToldAsLoss, waitBehind, waitsForContext } from '../obligations/context-waits.ts';
import { lossReport } from '../obligations/loss-report.ts';
import type { Loss } from '../obligations/loss.ts';
import { rule, type Report } from '../rule.ts';
import { confidenceOf, name, normal, place, quoted } from '../witness.ts';

/** A cancel function that is not called on some path, and the goroutine of the package that then waits, if there is one. */
interface LostCancel {
  readonly kind: 'loss';
  readonly loss: Loss;
  readonly wait: Wait | undefined;
}

/** A goroutine that waits for the end of a context whose cancel function is out of everybody's reach. */
interface Uncancelled {
  readonly kind: 'wait';
  readonly wait: Wait;
}

export const lostCancel = rule<LostCancel | Uncancelled>(
  {
    id: 'lost-cancel',
    case: 'S33',
    title: { en: 'context never cancelled', 'zh-CN': 'context 从未取消' },
    why: {
      en: 'Goroutines that wait for the context to end stay until the process ends, and the context stays hooked to its parent.',
      'zh-CN': '等待该 context 结束的 goroutine 会一直保留到进程结束，context 也会一直挂在父 context 上。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Who waits for the context outside of the package: such a finding is likely at most. A cancel function that is handed out is taken to be called.',
      'zh-CN': '包外有谁在等待该 context：此类结论至多为 likely。被传出去的 cancel 函数视为会被调用。',
    },
  },
  {
    *find(analysis) {
      for (const loss of analysis.obligations()) {
        if (loss.obligation.rule !== 'lost-cancel') continue;
        const wait = waitBehind(analysis, loss);
        if (wait || !holdsNobody(loss, analysis.pkg)) yield { kind: 'loss', loss, wait };
      }
      for (const { wait } of blockedAt(analysis, 'recv')) if (waitsForContext(wait) && !isToldAsLoss(analysis, wait)) yield { kind: 'wait', wait };
    },
    explain: (fact, analysis) => (fact.kind === 'loss' ? explainLoss(fact, analysis) : explainWait(fact.wait, analysis)),
  },
);

/** A child of a context that is never cancelled is hooked to nothing: it matters only to who was given it. */
function holdsNobody({ obligation, call, targets, func, stmt }: Loss, pkg: GoPackage): boolean {
  if (obligation.obtained.includes('os/signal.NotifyContext')) return false;
  if (!isNeverCancelled(pkg, call.args[0])) return false;
  const ctx = targets[0]?.kind === 'Ident' ? pkg.objectOf(targets[0]) : undefined;
  return ctx?.kind === 'var' && func.body !== null && !isGivenAway(pkg, func.body, ctx, stmt);
}

function isNeverCancelled(pkg: GoPackage, parent: Expr | undefined): boolean {
  const callee = parent?.kind === 'CallExpr' ? calleeOf(pkg, parent) : undefined;
  return callee?.kind === 'imported' && ['context.Background', 'context.TODO', 'context.WithoutCancel'].includes(callee.key);
}

function isGivenAway(pkg: GoPackage, body: Node, ctx: VarObj, stmt: Node): boolean {
  let found = false;
  walk(body, (node) => {
    if (node === stmt) return false;
    if (node.kind === 'SelectorExpr') return false; // ctx.Err() asks, and gives nothing away
    found ||= node.kind === 'Ident' && pkg.objectOf(node) === ctx;
    return !found;
  });
  return found;
}

function explainLoss({ loss, wait }: LostCancel, analysis: Analysis): Report {
  const code = wait?.stuck.step.frame.code;
  const report = lossReport(
    loss,
    {
      confidence: confidenceOfLoss(wait, analysis),
      holds: holds(loss, wait, analysis.pkg),
      waiters: wait && code ? [{ at: { file: code.file, span: { pos: positionOf(wait.stuck.step), end: positionOf(wait.stuck.step) } }, says: { en: 'this goroutine waits for the context to end', 'zh-CN': '这个 goroutine 等待该 context 结束' } }] : [],
      withRepairs: !outlives(loss, analysis.pkg),
    },
    analysis,
  );
  return wait && code ? { ...report, parked: { function: code.name, waitReason: waitReason(wait) } } : report;
}

function waitReason({ stuck }: Wait): string {
  return stuck.step.kind === 'instr' && stuck.step.instr.op === 'select' ? 'select' : 'chan receive';
}

/** Certain only where the goroutine that waits for ever is seen. */
function confidenceOfLoss(wait: Wait | undefined, analysis: Analysis): Confidence {
  return wait ? confidenceOf(analysis, wait) : 'likely';
}

function holds({ obligation, call }: Loss, wait: Wait | undefined, pkg: GoPackage): Text {
  if (wait) return { en: 'The goroutine that waits for the context to end then waits for ever.', 'zh-CN': '等待该 context 结束的 goroutine 将永远等待。' };
  if (obligation.obtained.includes('os/signal.NotifyContext')) {
    return { en: 'A goroutine of os/signal waits for a signal or for that call, and the signals stay caught.', 'zh-CN': 'os/signal 的一个 goroutine 会一直等待信号或这次调用，信号也会一直被捕获。' };
  }
  if (obligation.until === 'deadline') {
    return { en: 'Until the deadline, the context stays hooked to its parent, and whoever waits for it goes on waiting.', 'zh-CN': '在截止时间之前，该 context 会一直挂在父 context 上，等待它的一方也会继续等待。' };
  }
  return isNeverCancelled(pkg, call.args[0])
    ? { en: 'Whatever was given the context and waits for its end waits for ever.', 'zh-CN': '凡是拿到该 context 并等待其结束的，都将永远等待。' }
    : { en: 'Until the parent ends, the context stays hooked to it (by a goroutine, if the parent is not one of package context), and whoever waits for its end goes on waiting.', 'zh-CN': '在父 context 结束之前，它会一直挂在父 context 上（若父 context 不是 context 包的类型，则由一个 goroutine 挂着），等待其结束的一方也会继续等待。' };
}

/** A context that is returned or kept may be meant to live on: then a deferred cancel would end it too early. */
function outlives({ targets, func }: Loss, pkg: GoPackage): boolean {
  const ctx = targets[0]?.kind === 'Ident' ? pkg.objectOf(targets[0]) : undefined;
  if (ctx?.kind !== 'var' || !func.body) return true;
  let found = false;
  walk(func.body, (node) => {
    const values = node.kind === 'ReturnStmt' ? node.results : node.kind === 'KeyValueExpr' ? [node.value] : node.kind === 'AssignStmt' ? node.rhs : node.kind === 'CompositeLit' ? node.elts : [];
    found ||= values.some((value) => value.kind === 'Ident' && pkg.objectOf(value) === ctx);
    return !found;
  });
  return found;
}

function explainWait(wait: Wait, analysis: Analysis): Report {
  const { step } = wait.stuck;
  const { file, decl, name: fn } = step.frame.code;
  const pos = positionOf(step);
  const expr = step.kind === 'instr' && step.instr.op === 'recv' ? step.instr.expr : null;
  const at = place(file, { pos, end: expr?.end ?? pos });
  const awaited = expr ? quoted(file, expr) : name('ctx.Done()');
  const { way, steps } = witnessOf(analysis, wait, at, { en: `this wait then never ends`, 'zh-CN': '此后这里的等待永远不会结束' });
  return {
    anchor: at,
    decl,
    confidence: confidenceOf(analysis, wait),
    message: {
      en: `This goroutine waits for ever at ${awaited}: ${way ? `once ${way.short.en} ` : ''}nobody can call the function that cancels the context any more.`,
      'zh-CN': `这个 goroutine 会永远等在 ${awaited}：${way ? `一旦${way.short['zh-CN']}，` : ''}再也没有人能调用取消该 context 的函数。`,
    },
    steps,
    repairs: [],
    parked: { function: fn, waitReason: waitReason(wait) },
    roots: wait.roots,
    foundBy: 'walk',
    operation: `${displayName(decl)} ${expr ? normal(file, expr) : 'select'}`,
  };
}
