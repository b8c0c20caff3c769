import { childrenOf, lineAt, textOf, walk, type File, type Node, type ReturnStmt, type Stmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { insertAfter, insertBefore, replaceText } from '../edit.ts';
import type { Repair } from '../rule.ts';
import { name } from '../witness.ts';
import type { Loss } from './loss.ts';

/** The call that gives a thing back, as code: `cancel()`, `resp.Body.Close()`. */
export function givingBack({ obligation, file, kept }: Pick<Loss, 'obligation' | 'file' | 'kept'>, variable?: string): string {
  const thing = variable ?? (kept ? textOf(file, kept) : '');
  const { released } = obligation;
  if (released.kind === 'call') return `${thing}(${obligation.carrier === 'context.CancelCauseFunc' ? 'nil' : ''})`;
  return `${[thing, released.path, released.names[0]].filter((part) => part !== null).join('.')}(${released.takes ?? ''})`;
}

/** The call that gives the thing back on other ways of the function, where it makes one: of several that would, such as `tx.Commit()`. */
export function givingBackIn(loss: Loss): string {
  const { obligation, file, func, kept } = loss;
  const { released } = obligation;
  if (released.kind === 'call' || !kept) return givingBack(loss);
  const thing = [textOf(file, kept), released.path].filter((part) => part !== null).join('.');
  const text = textOf(file, func);
  const names = released.names.filter((one) => text.includes(`${thing}.${one}(`));
  return givingBack({ ...loss, obligation: { ...obligation, released: { ...released, names: names.length > 0 ? names : released.names } } });
}

/**
 * Repairs of a loss. A deferred call, right after the error is known to be nil, where the function lets the thing go on no path; else
 * a call before the return that forgets it.
 */
export function repairsOf(loss: Loss, pkg: GoPackage): Repair[] {
  const { lost, kept, func, file, stmt, obligation } = loss;
  // What it is to be given is not ours to choose.
  if (obligation.released.kind === 'method' && obligation.released.takes !== undefined) return [];
  if (loss.how === 'dropped') return named(loss);
  if (!lost || !kept) return [];
  const call = givingBack(loss);
  const around = placeIn(func.body, stmt);
  const repairs: Repair[] = [];
  if (!loss.escapesElsewhere && around && !around.inLoop) {
    const after = afterErrorCheck(loss, around.next, pkg);
    if (after !== null) repairs.push({ title: { en: `defer ${name(call)}`, 'zh-CN': `defer ${name(call)}` }, edits: [insertAfter(file, after, [`defer ${call}`])] });
  }
  if (lost.kind === 'returned' && lost.at?.kind === 'ReturnStmt' && standsAlone(file, lost.at) && !usesThing(loss, lost.at, pkg)) {
    repairs.push({ title: { en: `call ${name(call)} before this return`, 'zh-CN': `在返回之前调用 ${name(call)}` }, edits: [insertBefore(file, lost.at.pos, [call])] });
  }
  return repairs;
}

/** A dropped function gets a name and a deferred call, where the results of its call are declared. */
function named(loss: Loss): Repair[] {
  const { obligation, targets, stmt, file, func, decl } = loss;
  const target = targets[obligation.result];
  const around = placeIn(func.body, stmt);
  if (obligation.released.kind !== 'call' || !target || stmt.kind !== 'AssignStmt' || stmt.op !== ':=' || !around || around.inLoop) return [];
  const variable = ['cancel', 'stop', 'release'].find((one) => !new RegExp(`\\b${one}\\b`, 'u').test(textOf(file, decl)));
  if (variable === undefined || !standsAlone(file, stmt)) return [];
  const call = givingBack(loss, variable);
  const line = file.text.slice(stmt.pos, stmt.end);
  const declared = `${line.slice(0, target.pos - stmt.pos)}${variable}${line.slice(target.end - stmt.pos)}`;
  const indent = /^[\t ]*/u.exec(file.text.slice(file.lineStarts[lineAt(file, stmt.pos) - 1] ?? 0))?.[0] ?? '';
  return [{ title: { en: `keep it as ${name(variable)} and defer ${name(call)}`, 'zh-CN': `用 ${name(variable)} 保存它并 defer ${name(call)}` }, edits: [replaceText(file, stmt.pos, stmt.end, `${declared}\n${indent}defer ${call}`)] }];
}

/** A return may not use what would be given back before it. */
function usesThing({ variable }: Loss, stmt: ReturnStmt, pkg: GoPackage): boolean {
  let found = false;
  walk(stmt, (node) => {
    found ||= node.kind === 'Ident' && pkg.objectOf(node) === variable;
    return !found;
  });
  return found;
}

/** Where a deferred call may stand: after the statement, or after the check of its error that follows. Null where neither is plain. */
function afterErrorCheck({ obligation, targets, stmt, file }: Loss, next: Stmt | undefined, pkg: GoPackage): number | null {
  const error = obligation.error === null ? undefined : targets[obligation.error];
  if (!error || obligation.released.kind === 'call') return standsAlone(file, stmt) ? stmt.end - 1 : null;
  if (next?.kind !== 'IfStmt' || next.init !== null || next.else !== null || error.kind !== 'Ident') return null;
  const { cond } = next;
  if (cond.kind !== 'BinaryExpr' || cond.op !== '!=' || cond.x.kind !== 'Ident' || pkg.objectOf(cond.x) !== pkg.objectOf(error)) return null;
  const last = next.body.list.at(-1);
  const leaves = last?.kind === 'ReturnStmt' || last?.kind === 'BranchStmt' || (last?.kind === 'ExprStmt' && last.x.kind === 'CallExpr' && pkg.endingOf(last.x) !== null);
  return leaves ? next.end - 1 : null;
}

/** Whether nothing else stands on a node's first line before it, and on its last line after it. */
function standsAlone(file: File, node: Node): boolean {
  const before = file.text.slice(file.lineStarts[lineAt(file, node.pos) - 1] ?? 0, node.pos);
  const after = /^[^\n]*/u.exec(file.text.slice(node.end))?.[0] ?? '';
  return before.trim() === '' && /^\s*(?:\/\/.*)?$/u.test(after);
}

/** The statement after one in its list, and whether a loop of the same function is around it. */
function placeIn(body: Node | null, stmt: Node): { readonly next: Stmt | undefined; readonly inLoop: boolean } | undefined {
  let found: { next: Stmt | undefined; inLoop: boolean } | undefined;
  const visit = (node: Node, inLoop: boolean): void => {
    if (node.kind === 'FuncLit') return;
    const list = node.kind === 'BlockStmt' ? node.list : node.kind === 'CaseClause' || node.kind === 'CommClause' ? node.body : [];
    const at = list.findIndex((one) => one === stmt);
    if (at >= 0) found = { next: list[at + 1], inLoop };
    const loops = inLoop || node.kind === 'ForStmt' || node.kind === 'RangeStmt';
    for (const child of childrenOf(node)) visit(child, loops);
  };
  if (body) visit(body, false);
  return found;
}
