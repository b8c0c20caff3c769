import { childrenOf, lineAt, textOf, type BranchStmt, type CommClause, type File, type ForStmt, type FuncDecl, type LabeledStmt, type Node, type SelectStmt } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import type { FuncNode } from '../../go/scope.ts';
import type { Analysis } from '../analysis.ts';
import { indentOf, replaceText } from '../edit.ts';
import { tailBreak } from '../exits/loops.ts';
import { saysStop } from '../exits/says-stop.ts';
import { fieldKey } from '../field-uses.ts';
import { isHidden } from '../is-hidden.ts';
import { rule, type Repair } from '../rule.ts';
import { name, normal, place, quoted, startsAsSteps } from '../witness.ts';

/** A `break` meant for the loop, in a select inside of it. */
interface MisplacedBreak {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly loop: ForStmt;
  readonly label: LabeledStmt | null;
  readonly select: SelectStmt;
  readonly clause: CommClause;
  readonly stmt: BranchStmt;
  /** The loop is the last thing its function does, and the function returns nothing. */
  readonly isLast: boolean;
}

export const breakInSelect = rule<MisplacedBreak>(
  {
    id: 'break-in-select',
    case: 'Case 3',
    title: { en: 'break leaves only the select', 'zh-CN': 'break 只跳出 select' },
    why: {
      en: 'The loop was meant to end and does not, so its goroutine stays until the process ends.',
      'zh-CN': '循环本应结束却没有结束，因此它的 goroutine 会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Whether a channel without a telling name is meant to end the loop: the rule is then silent.',
      'zh-CN': '如果 channel 的名字看不出它用于结束循环，规则无法判断，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const { decl, file } of analysis.pkg.funcs()) if (analysis.concerns({ decl, file }) && decl.body) yield* misplaced(file, decl);
    },
    explain(fact, analysis) {
      const { file, loop, clause, stmt, decl } = fact;
      const comm = clause.comm ? quoted(file, clause.comm) : '`default`';
      return {
        anchor: place(file, stmt),
        decl,
        confidence: isNeverTold(fact, analysis) ? 'likely' : 'certain',
        message: {
          en: `This \`break\` leaves only the \`select\`, not the \`for\` around it: after ${comm} the loop goes on, and the goroutine never ends.`,
          'zh-CN': `这个 \`break\` 只跳出 \`select\`，没有跳出外层的 \`for\`：${comm} 之后循环继续，goroutine 永远不会结束。`,
        },
        steps: [
          ...startsAsSteps(analysis.pkg, fact.func),
          { at: place(file, { pos: clause.pos, end: clause.pos }), says: { en: `${comm} tells the loop to end`, 'zh-CN': `${comm} 通知循环结束` } },
          { at: place(file, stmt), says: { en: '`break` leaves the select only', 'zh-CN': '`break` 只跳出 select' } },
          { at: place(file, { pos: loop.pos, end: loop.pos }), says: { en: 'the loop goes on from here, for ever', 'zh-CN': '循环从这里继续，永不结束' } },
        ],
        repairs: repairs(fact),
        parked: { function: analysis.runtimeName(fact.decl, fact.func), waitReason: 'select' },
        roots: [decl],
        foundBy: 'reading',
        covers: [place(file, { pos: fact.select.pos, end: fact.select.pos })],
        operation: `break after ${clause.comm ? normal(file, clause.comm) : ''}`,
      };
    },
  },
);

/** Whether nobody ever sends on the channel of the case, or closes it, as far as a field shows that only this package can see. */
function isNeverTold({ clause }: MisplacedBreak, analysis: Analysis): boolean {
  const channel = receivedFrom(clause.comm);
  const key = channel && fieldKey(analysis.pkg, channel);
  const field = analysis.channelFields().find(({ owner, name: called }) => `${owner.name}.${called}` === key);
  return field !== undefined && isHidden(field.owner.name, field.name) && !field.uses.some(({ kind }) => kind === 'send' || kind === 'close' || kind === 'other');
}

function* misplaced(file: File, decl: FuncDecl): Generator<MisplacedBreak> {
  function* visit(node: Node, func: FuncNode, label: LabeledStmt | null): Generator<MisplacedBreak> {
    const inner = node.kind === 'FuncLit' ? node : func;
    if (node.kind === 'ForStmt' && node.cond === null) {
      for (const select of selectsOf(node)) {
        for (const clause of select.clauses) {
          const stmt = tailBreak(clause.body.at(-1));
          if (!stmt || !endsLoop(file, clause) || leavesBehind(node, select)) continue;
          yield { file, decl, func: inner, loop: node, label: label?.stmt === node ? label : null, select, clause, stmt, isLast: isLastOf(inner, node) };
        }
      }
    }
    for (const child of childrenOf(node)) yield* visit(child, inner, node.kind === 'LabeledStmt' ? node : label);
  }
  yield* visit(decl, decl, null);
}

/** The selects that stand directly in a loop's body: what they are left for is the loop. */
function selectsOf(loop: ForStmt): SelectStmt[] {
  return loop.body.list.map((stmt) => (stmt.kind === 'LabeledStmt' ? stmt.stmt : stmt)).filter((stmt) => stmt.kind === 'SelectStmt');
}

/** A case that means the end: a channel or context with a telling name, or one found closed. */
function endsLoop(file: File, clause: CommClause): boolean {
  const channel = receivedFrom(clause.comm);
  if (!channel) return false;
  const last = clause.body.at(-1);
  if (last?.kind === 'IfStmt') return true; // tailBreak has looked at it
  return saysStop(textOf(file, channel));
}

/** Whether the code behind the select, in the same turn of the loop, has a way out of its own. */
function leavesBehind(loop: ForStmt, select: SelectStmt): boolean {
  const at = loop.body.list.findIndex((stmt) => stmt === select || (stmt.kind === 'LabeledStmt' && stmt.stmt === select));
  const leaves = (node: Node): boolean => node.kind === 'ReturnStmt' || (node.kind === 'BranchStmt' && node.token !== 'continue') || (node.kind !== 'FuncLit' && childrenOf(node).some(leaves));
  // A check ahead of the select is met on the next turn.
  return loop.body.list.some((stmt, index) => index !== at && leaves(stmt));
}

function isLastOf(func: FuncNode, loop: ForStmt): boolean {
  if (func.type.results.length > 0) return false;
  const last = func.body?.list.at(-1);
  return last === loop || (last?.kind === 'LabeledStmt' && last.stmt === loop);
}

function repairs(fact: MisplacedBreak): Repair[] {
  const { file, stmt, loop, label, isLast } = fact;
  if (isLast) {
    return [{ title: { en: 'return from the goroutine', 'zh-CN': '从 goroutine 返回' }, edits: [replaceText(file, stmt.pos, stmt.end, 'return')] }];
  }
  const target = label?.label.name ?? freshLabel(fact);
  const leave = replaceText(file, stmt.pos, stmt.end, `break ${target}`);
  if (label) return [{ title: { en: `break out of ${name(target)}`, 'zh-CN': `跳出 ${name(target)}` }, edits: [leave] }];
  const line = lineAt(file, loop.pos);
  const start = file.lineStarts[line - 1] ?? 0;
  if (file.text.slice(start, loop.pos).trim() !== '') return [];
  // gofmt sets a label one step to the left of its statement.
  const indent = indentOf(file, loop.pos).replace(/\t$/u, '');
  const old = replaceText(file, loop.pos, loop.pos + 3, 'for');
  return [{ title: { en: 'break out of the loop by a label', 'zh-CN': '用标签跳出循环' }, edits: [{ ...old, newText: `${indent}${target}:\n${old.newText}` }, leave] }];
}

function freshLabel({ file, decl }: MisplacedBreak): string {
  const text = file.text.slice(decl.pos, decl.end);
  return ['loop', 'running', 'working'].find((one) => !new RegExp(`\\b${one}\\b`, 'u').test(text)) ?? 'outOfSelect';
}
