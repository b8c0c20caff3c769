import { childrenOf, type Expr, type File, type Node, type Stmt } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { Confidence, Edit } from '../../finding.ts';
import { indentOf, insertAfter, insertBefore, replaceText } from '../edit.ts';
import type { EndlessGoroutine, Evidence } from '../exits/exits.ts';
import { spanOf, waitReason, waitsOf } from '../exits/wait-reason.ts';
import { waysOut } from '../exits/way-out.ts';
import { rule, type Repair } from '../rule.ts';
import { endlessConfidence, name, normal, place, quoted, startSteps } from '../witness.ts';

/** A loop over a ticker that is stopped, which does not end the loop. */
interface TickerLoop {
  readonly endless: EndlessGoroutine;
  readonly evidence: Extract<Evidence, { kind: 'ended' }>;
  readonly confidence: Confidence;
}

export const tickerLoop = rule<TickerLoop>(
  {
    id: 'ticker-loop',
    case: 'S27',
    title: { en: 'Stop does not end a loop over a ticker', 'zh-CN': 'Stop 不会结束对 ticker 的循环' },
    why: {
      en: 'A stopped ticker neither sends nor closes its channel, so the goroutine waits until the process ends.',
      'zh-CN': '已停止的 ticker 既不发送也不关闭其 channel，因此 goroutine 会一直等到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Tickers that are stopped by another package, and those of clock libraries: the rule is then silent.',
      'zh-CN': '在其他包中停止的 ticker 以及时钟库的 ticker，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const endless of analysis.endless()) {
        const [evidence] = endless.evidence;
        if (evidence.kind !== 'ended' || !evidence.isTicker) continue;
        const confidence = endlessConfidence(endless, isOfProcess(analysis.pkg, evidence.source) ? 'likely' : 'certain');
        if (confidence) yield { endless, evidence, confidence };
      }
    },
    explain({ endless, evidence, confidence }, analysis) {
      const { pkg } = analysis;
      const { body, loop } = endless;
      const { op, by } = evidence;
      const stop = quoted(by.file, by.node);
      const channel = quoted(body.file, op.kind === 'range' || op.kind === 'receive' ? op.node.x : evidence.source);
      const anchor = place(body.file, spanOf(loop, op));
      return {
        anchor,
        decl: body.decl,
        confidence,
        message: {
          en: `${stop} in ${name(displayName(by.decl))} does not end this loop: it stops the ticks and leaves the channel open, so the goroutine waits for ${channel} for ever. Nothing else leaves the loop.`,
          'zh-CN': `${name(displayName(by.decl))} 中的 ${stop} 不会结束这个循环：它只停止 tick 而不关闭 channel，因此 goroutine 会永远等待 ${channel}。没有别的语句能离开这个循环。`,
        },
        steps: [
          ...startSteps(endless),
          { at: place(by.file, by.node), says: { en: 'the ticker is stopped here, which does not close its channel', 'zh-CN': 'ticker 在这里被停止，但它的 channel 不会因此关闭' } },
          { at: anchor, says: { en: 'the loop then waits for ever', 'zh-CN': '此后循环将永远等待' } },
        ],
        repairs: [...waysOut(pkg, endless), ...closedBeside(endless, evidence)],
        parked: { function: analysis.runtimeName(body.decl, body.func), waitReason: waitReason(op) },
        roots: [body.decl],
        foundBy: 'reading',
        covers: confidence === 'certain' ? waitsOf(endless) : [],
        operation: `ticks ${normal(body.file, evidence.source)}`,
      };
    },
  },
);

/** Whether a ticker is the package's own, of which there is one, for the life of the process. */
function isOfProcess(pkg: GoPackage, source: Expr): boolean {
  const obj = source.kind === 'Ident' ? pkg.objectOf(source) : undefined;
  return obj?.kind === 'var' && obj.role === 'package';
}

/** A channel that is closed where the ticker is stopped, for a ticker and a goroutine of one function. */
function closedBeside({ body, start, loop: { loop } }: EndlessGoroutine, { by }: TickerLoop['evidence']): Repair[] {
  if (!start || start.decl !== by.decl || start.func !== by.func || body.decl !== by.decl || body.func.type.results.length > 0 || loop.kind !== 'RangeStmt' || loop.key !== null) return [];
  const { file } = body;
  const done = ['done', 'stopped', 'quit'].find((one) => !new RegExp(`\\b${one}\\b`, 'u').test(file.text.slice(by.decl.pos, by.decl.end)));
  const list = by.func.body?.list ?? [];
  const stop = list.find((stmt) => stmt.pos <= by.node.pos && by.node.end <= stmt.end);
  const go = list.find((stmt) => stmt.pos <= start.node.pos && start.node.end <= stmt.end);
  if (done === undefined || !stop || !go || !isCallOf(stop, by.node)) return [];
  const deferred = stop.kind === 'DeferStmt';
  // Left early between the two, the loop would stay.
  if (!deferred && (stop.pos < go.pos || list.slice(list.indexOf(go) + 1, list.indexOf(stop)).some(leaves))) return [];
  const make = `${done} := make(chan struct{})`;
  const edits: Edit[] = deferred ? [insertBefore(file, go.pos, [make, `defer close(${done})`])] : [insertBefore(file, go.pos, [make]), insertAfter(file, stop.pos, [`close(${done})`])];
  const header = headerOf(file, loop.pos, loop.body.pos + 1, `<-${file.text.slice(loop.x.pos, loop.x.end)}`, done);
  return sameLine(file, go.pos, loop.pos) ? [] : [{ title: { en: `end the loop by a channel ${name(done)}`, 'zh-CN': `用 channel ${name(done)} 结束循环` }, edits: [...edits, header] }];
}

function headerOf(file: File, pos: number, end: number, tick: string, done: string): Edit {
  const indent = `\n${indentOf(file, pos)}\t`;
  return replaceText(file, pos, end, ['for {', 'select {', `case ${tick}:`, `case <-${done}:`, '\treturn', '}'].join(indent));
}

function isCallOf(stmt: Stmt, selector: Node): boolean {
  const call = stmt.kind === 'DeferStmt' ? stmt.call : stmt.kind === 'ExprStmt' ? stmt.x : undefined;
  return call?.kind === 'CallExpr' && call.fun === selector;
}

function leaves(node: Node): boolean {
  return node.kind === 'ReturnStmt' || (node.kind !== 'FuncLit' && childrenOf(node).some(leaves));
}

function sameLine(file: File, a: number, b: number): boolean {
  return !file.text.slice(a, b).includes('\n');
}
