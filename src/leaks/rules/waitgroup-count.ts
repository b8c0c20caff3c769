import { childrenOf, lineAt, textOf, type CallExpr, type ExprStmt, type FuncLit, type Node } from '../../go/ast.ts';
import { displayName } from '../../go/package.ts';
import type { Edit } from '../../finding.ts';
import type { Analysis, Wait } from '../analysis.ts';
import { witnessOf } from '../blocked.ts';
import { insertAfter } from '../edit.ts';
import { rule, type Repair, type Report } from '../rule.ts';
import { isOfTests } from '../of-tests.ts';
import type { SkippedTurn } from '../skipped-turns.ts';
import type { Uncounted } from '../uncounted.ts';
import { confidenceOfAwaited, name, normal, place, quoted, startsAsSteps } from '../witness.ts';

/** A Wait whose WaitGroup never comes down to zero. */
interface ShortCount {
  readonly kind: 'short';
  readonly wait: Wait;
  readonly call: CallExpr;
  /** How many calls of Done are missing. */
  readonly missing: number;
}

/** A WaitGroup that no code counts down. */
interface NoCount extends Uncounted {
  readonly kind: 'none';
}

/** A WaitGroup that is counted up for all turns of a loop, some of which count nothing down. */
interface Skipped extends SkippedTurn {
  readonly kind: 'skipped';
}

export const waitgroupCount = rule<ShortCount | NoCount | Skipped>(
  {
    id: 'waitgroup-count',
    case: 'S44',
    title: { en: 'WaitGroup never reaches zero', 'zh-CN': 'WaitGroup 永远不会归零' },
    why: {
      en: 'Wait returns only when every Add has met its Done, so whoever waits stays until the process ends.',
      'zh-CN': '只有每个 Add 都有对应的 Done，Wait 才会返回，因此等待者会一直等到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'WaitGroups that code outside of the package counts down: the rule is then silent.',
      'zh-CN': '由包外代码减少计数的 WaitGroup：规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const wait of analysis.waits()) {
        const { step, state, proc } = wait.stuck;
        if (wait.on?.o !== 'waitGroup' || step.kind !== 'instr' || step.instr.op !== 'call') continue;
        // Where another goroutine is stuck too, that one is what is wrong: it would have called Done.
        if (state.procs.some((one, index) => index !== proc && one.spawn !== null && one.frames.length > 0)) continue;
        const call = callAt(step.frame.code.func, step.instr.pos);
        if (call) yield { kind: 'short', wait, call, missing: wait.on.n };
      }
      for (const one of analysis.uncounted()) if (!analysis.waits().some(({ stuck, pos }) => stuck.step.frame.code.file === one.wait.file && one.wait.node.pos <= pos && pos <= one.wait.node.end)) yield { kind: 'none', ...one };
      for (const one of analysis.skippedTurns()) if (!analysis.waits().some(({ stuck, pos }) => stuck.step.frame.code.file === one.file && one.wait.pos <= pos && pos <= one.wait.end)) yield { kind: 'skipped', ...one };
    },
    explain(fact, analysis) {
      switch (fact.kind) {
        case 'short':
          return explainShort(fact, analysis);
        case 'none':
          return explainNone(fact, analysis);
        case 'skipped':
          return explainSkipped(fact, analysis);
      }
    },
  },
);

function callAt(node: Node, pos: number): CallExpr | undefined {
  if (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Wait' && node.pos <= pos && pos < node.end) return node;
  for (const child of childrenOf(node)) {
    const found = child.pos <= pos && pos < child.end ? callAt(child, pos) : undefined;
    if (found) return found;
  }
  return undefined;
}

function explainNone({ add, wait }: NoCount, { pkg }: Analysis): Report {
  const { file, decl, node } = wait;
  const group = quoted(file, node.x);
  const added = name(`${textOf(add.file, add.node.x)}.Add`);
  const at = place(file, node);
  return {
    anchor: at,
    decl,
    confidence: isOfTests(file, decl, pkg) ? 'likely' : 'certain',
    message: {
      en: `This waits for ${group} for ever once ${added} was called: no code of the package calls its Done.`,
      'zh-CN': `一旦调用过 ${added}，这里就会永远等待 ${group}：包内没有任何代码调用它的 Done。`,
    },
    steps: [
      { at: place(add.file, add.node), says: { en: `${added} is called here`, 'zh-CN': `在这里调用 ${added}` } },
      { at, says: { en: `the goroutine waits here for ${group}, for ever`, 'zh-CN': `goroutine 在这里永远等待 ${group}` } },
    ],
    repairs: [],
    parked: null,
    roots: [decl],
    foundBy: 'reading',
    operation: `${normal(file, node)} without Done`,
  };
}

function explainSkipped({ file, decl, func, add, wait, loop, skips }: Skipped, analysis: Analysis): Report {
  const at = place(file, wait);
  const added = quoted(file, add);
  const awaited = quoted(file, wait.x);
  const head = { pos: loop.pos, end: loop.body.pos };
  return {
    anchor: at,
    decl,
    confidence: 'likely',
    message: {
      en: `This waits for ${awaited} for ever once a turn of the loop above neither starts a goroutine that calls Done nor calls it: ${added} has counted all turns.`,
      'zh-CN': `上面的循环只要有一次既没有启动会调用 Done 的 goroutine、也没有自己调用它，这里就会永远等待 ${awaited}：${added} 已把每一次循环都计入。`,
    },
    steps: [
      ...startsAsSteps(analysis.pkg, func).slice(0, 1),
      { at: place(file, add), says: { en: `${added} counts all turns of the loop`, 'zh-CN': `${added} 计入了循环的每一次` } },
      { at: place(file, skips === loop ? head : skips), says: { en: 'such a turn ends here', 'zh-CN': '这样的一次循环在这里结束' } },
      { at, says: { en: `the goroutine waits here for ${awaited}, for ever`, 'zh-CN': `goroutine 在这里永远等待 ${awaited}` } },
    ],
    repairs: [],
    parked: { function: analysis.runtimeName(decl, func), waitReason: 'sync.WaitGroup.Wait' },
    roots: [decl],
    foundBy: 'reading',
    operation: `${normal(file, wait)} of all turns`,
  };
}

function explainShort({ wait, call, missing }: ShortCount, analysis: Analysis): Report {
  const { code } = wait.stuck.step.frame;
  const { file } = code;
  const at = place(file, call);
  const awaited = quoted(file, call);
  const { way, steps } = witnessOf(analysis, wait, at, { en: `${awaited} then waits for ever`, 'zh-CN': `此后 ${awaited} 将永远等待` });
  return {
    anchor: at,
    decl: code.decl,
    confidence: confidenceOfAwaited(analysis, wait),
    message: {
      en: `${awaited} can wait for ever: ${way ? `once ${way.short.en}, ` : ''}${missing === 1 ? 'one call of Done is' : `${missing} calls of Done are`} missing, and no goroutine is left that could make ${missing === 1 ? 'it' : 'them'}.`,
      'zh-CN': `${awaited} 可能永远等待：${way ? `一旦${way.short['zh-CN']}，` : ''}还缺 ${missing} 次 Done，而已没有能调用它的 goroutine。`,
    },
    steps,
    repairs: deferredDone(wait, call),
    parked: { function: code.name, waitReason: 'sync.WaitGroup.Wait' },
    roots: wait.roots,
    foundBy: 'walk',
    operation: `${textOf(file, call.fun)} ${displayName(code.decl)}`,
  };
}

/** In every literal that calls Done at its end, it is deferred at the start. */
function deferredDone(wait: Wait, call: CallExpr): Repair[] {
  const { file, decl } = wait.stuck.step.frame.code;
  if (call.fun.kind !== 'SelectorExpr') return [];
  const done = `${textOf(file, call.fun.x)}.Done()`;
  const edits: Edit[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'GoStmt' && node.call.kind === 'CallExpr' && node.call.fun.kind === 'FuncLit') {
      const plain = plainCalls(node.call.fun, (stmt) => textOf(file, stmt) === done);
      if (plain.length > 0 && plain.every((stmt) => standsAlone(stmt))) {
        edits.push(insertAfter(file, node.call.fun.body.pos, [`\tdefer ${done}`]));
        edits.push(...plain.map((stmt): Edit => ({ path: file.path, startLine: lineAt(file, stmt.pos), endLine: lineAt(file, stmt.pos), newText: '' })));
      }
    }
    for (const child of childrenOf(node)) visit(child);
  };
  const standsAlone = (stmt: ExprStmt): boolean => {
    const line = lineAt(file, stmt.pos);
    return file.text.slice(file.lineStarts[line - 1] ?? 0, file.lineStarts[line] ?? file.text.length).trim() === done;
  };
  if (decl.body) visit(decl.body);
  return edits.length === 0 ? [] : [{ title: { en: `defer ${name(done)} first thing in the goroutine`, 'zh-CN': `在 goroutine 开头 defer ${name(done)}` }, edits }];
}

function plainCalls(lit: FuncLit, wanted: (stmt: ExprStmt) => boolean): ExprStmt[] {
  const found: ExprStmt[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'FuncLit') return;
    if (node.kind === 'ExprStmt' && wanted(node)) found.push(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(lit.body);
  return found;
}
