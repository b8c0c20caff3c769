import { childrenOf, walk, type CallExpr, type DeferStmt, type File, type FuncDecl, type GoStmt, type Node } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import type { Analysis } from '../analysis.ts';
import { insertBefore } from '../edit.ts';
import { calleeOf } from '../obligations/callee.ts';
import { isOfTests } from '../of-tests.ts';
import { mentionsVariable } from '../obligations/walk.ts';
import { rule, type Repair } from '../rule.ts';
import { isCommand, runsOnce } from '../teardown.ts';
import { name, normal, place, quoted } from '../witness.ts';

/** A goroutine that only signals wake, and a function that stops the signals when it returns. */
interface DeafGoroutine {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly channel: VarObj;
  readonly notify: CallExpr;
  readonly goes: GoStmt;
  /** The receive or the loop in the goroutine. */
  readonly waits: Node;
  readonly stop: CallExpr;
  /** The deferred stop, where it is that. */
  readonly deferred: DeferStmt | null;
}

export const unstoppedSignal = rule<DeafGoroutine>(
  {
    id: 'unstopped-signal',
    case: 'S36',
    title: { en: 'goroutine waits for signals that were stopped', 'zh-CN': 'goroutine 等待已停止的信号' },
    why: {
      en: 'signal.Stop ends the delivery and does not close the channel, so the goroutine stays until the process ends.',
      'zh-CN': 'signal.Stop 只停止投递，并不关闭 channel，因此该 goroutine 会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Handlers that are never stopped are taken to be meant for the life of the process: the rule is silent about them.',
      'zh-CN': '从未停止的信号处理视为有意伴随整个进程：规则对此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const { decl, file } of analysis.pkg.funcs()) {
        if (analysis.concerns({ decl, file }) && decl.body && !runsOnce(analysis.pkg, decl)) yield* deafIn(analysis, decl, file);
      }
    },
    explain(fact, analysis) {
      const { pkg } = analysis;
      const { file, decl, channel, notify, goes, waits, stop } = fact;
      const at = place(file, { pos: waits.pos, end: waits.kind === 'RangeStmt' ? waits.x.end : waits.end });
      const c = name(channel.name);
      const fn = name(displayName(decl));
      const lit = goes.call.kind === 'CallExpr' && goes.call.fun.kind === 'FuncLit' ? goes.call.fun : null;
      return {
        anchor: at,
        decl,
        confidence: isOfTests(file, decl, pkg) ? 'likely' : 'certain',
        message: {
          en: `This goroutine waits for ever for ${c}: ${fn} stops the signals by ${quoted(file, stop)}, which does not close the channel, and nobody else sends on it or closes it.`,
          'zh-CN': `这个 goroutine 会永远等待 ${c}：${fn} 用 ${quoted(file, stop)} 停止了信号投递，但这不会关闭 channel，也没有其他人向它发送或将其关闭。`,
        },
        steps: [
          { at: place(file, notify), says: { en: `signals are sent to ${c} from here on`, 'zh-CN': `从这里开始信号会发送到 ${c}` } },
          { at: place(file, goes), says: { en: 'the goroutine is started here', 'zh-CN': '在这里启动 goroutine' } },
          { at: place(file, stop), says: { en: `${quoted(file, stop)} ends that and leaves ${c} open`, 'zh-CN': `${quoted(file, stop)} 停止投递，但没有关闭 ${c}` } },
          { at, says: { en: `the receive from ${c} then waits for ever`, 'zh-CN': `此后从 ${c} 的接收将永远等待` } },
        ],
        repairs: closing(fact),
        roots: [decl],
        parked: { function: analysis.runtimeName(decl, lit ?? decl), waitReason: 'chan receive' },
        foundBy: 'reading',
        operation: `${normal(file, notify)} ${normal(file, goes.call).slice(0, 40)}`,
      };
    },
  },
);

function* deafIn({ pkg }: Analysis, decl: FuncDecl, file: File): Generator<DeafGoroutine> {
  const calls: { readonly call: CallExpr; readonly func: FuncNode; readonly deferred: DeferStmt | null }[] = [];
  const goes: { readonly stmt: GoStmt; readonly func: FuncNode }[] = [];
  const visit = (node: Node, func: FuncNode, deferred: DeferStmt | null): void => {
    if (node.kind === 'CallExpr') calls.push({ call: node, func, deferred });
    if (node.kind === 'GoStmt') goes.push({ stmt: node, func });
    for (const child of childrenOf(node)) visit(child, node.kind === 'FuncLit' ? node : func, node.kind === 'DeferStmt' ? node : null);
  };
  if (decl.body) visit(decl.body, decl, null);
  const named = (key: string): typeof calls => calls.filter(({ call }) => {
    const callee = calleeOf(pkg, call);
    return callee?.kind === 'imported' && callee.key === key;
  });
  for (const { call: notify, func } of named('os/signal.Notify')) {
    const channel = variableOf(pkg, notify);
    if (!channel || channel.func !== func || isCommand(pkg, func.type)) continue;
    const stopped = named('os/signal.Stop').find(({ call, func: where }) => where === func && variableOf(pkg, call) === channel);
    if (!stopped || !isOnlyReceived(pkg, decl, channel)) continue;
    for (const { stmt, func: starter } of goes) {
      const waits = starter === func ? waitIn(pkg, stmt, channel) : undefined;
      if (waits) yield { file, decl, channel, notify, goes: stmt, waits, stop: stopped.call, deferred: stopped.deferred };
    }
  }
}

function variableOf(pkg: GoPackage, call: CallExpr): VarObj | undefined {
  const [first] = call.args;
  const obj = first?.kind === 'Ident' ? pkg.objectOf(first) : undefined;
  return obj?.kind === 'var' ? obj : undefined;
}

/** Whether the function does nothing with the channel but make it, receive from it and register it: else somebody may send or close. */
function isOnlyReceived(pkg: GoPackage, decl: FuncDecl, channel: VarObj): boolean {
  let only = true;
  const visit = (node: Node, parent: Node): void => {
    if (node.kind === 'Ident' && node !== channel.ident && pkg.objectOf(node) === channel) {
      const callee = parent.kind === 'CallExpr' ? calleeOf(pkg, parent) : undefined;
      const registers = callee?.kind === 'imported' && callee.path === 'os/signal';
      only &&= registers || (parent.kind === 'UnaryExpr' && parent.op === '<-') || (parent.kind === 'RangeStmt' && parent.x === node);
    }
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(decl, decl);
  return only;
}

/** The wait for the channel alone in a goroutine's literal: a range, or a receive that is no case of a select. */
function waitIn(pkg: GoPackage, { call }: GoStmt, channel: VarObj): Node | undefined {
  if (call.kind !== 'CallExpr' || call.fun.kind !== 'FuncLit') return undefined;
  const found: Node[] = [];
  const inSelect: Node[] = [];
  walk(call.fun.body, (node) => {
    if (node.kind === 'CommClause' && node.comm && mentionsVariable(pkg, node.comm, channel)) inSelect.push(node);
    const isWait = (node.kind === 'RangeStmt' && mentionsVariable(pkg, node.x, channel)) || (node.kind === 'UnaryExpr' && node.op === '<-' && mentionsVariable(pkg, node.x, channel));
    if (isWait) found.push(node);
    return true;
  });
  return inSelect.length > 0 ? undefined : found[0];
}

/** Closing the channel wakes a loop over it; it is deferred before the stop, and so runs after it. A plain receive would take the close for a signal. */
function closing({ file, waits, deferred, channel }: DeafGoroutine): Repair[] {
  if (waits.kind !== 'RangeStmt' || !deferred) return [];
  return [{ title: { en: `close ${name(channel.name)} after the signals are stopped`, 'zh-CN': `在停止信号之后关闭 ${name(channel.name)}` }, edits: [insertBefore(file, deferred.pos, [`defer close(${channel.name})`])] }];
}
