import { comparedWithNil, walk, type CallExpr, type Expr, type IfStmt, type Span } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import type { FuncNode } from '../go/scope.ts';
import { isNamed } from '../go/type.ts';

/**
 * Calls that fail only where their arguments are wrong, which the code that calls them mostly knows them not to be: what encodes a value,
 * names the columns of rows that are open, or writes a request down. Sources: encoding/json.Marshal, database/sql.Rows.Columns, net/http.NewRequest.
 */
const rarelyFails = /^(?:Must)?(?:[Mm]arshal(?:JSON|Indent|Text|Binary|YAML)?|Columns|NewRequest(?:WithContext)?)$/u;

/** Whether a place of a function is come to only where something has failed that hardly ever does: then it is likely that nobody ever comes there. */
export function isBehindRareFailure(pkg: GoPackage, func: FuncNode, place: Span): boolean {
  const around = innermostIf(func, place);
  return around !== undefined && isRareFailure(pkg, func, around.cond);
}

/** Whether a condition of a function asks whether something has failed that hardly ever does: `!ok` of a type assertion, `err != nil` of a call. */
export function isRareFailure(pkg: GoPackage, func: FuncNode, cond: Expr): boolean {
  const nil = comparedWithNil(cond);
  const asked = cond.kind === 'UnaryExpr' && cond.op === '!' ? cond.x : nil?.op === '!=' ? nil.x : undefined;
  const source = asked ? assignedLast(pkg, func, asked, cond.pos) : undefined;
  if (source?.kind === 'TypeAssertExpr') return true;
  return source?.kind === 'CallExpr' && nil !== undefined && hardlyFails(pkg, source);
}

/** A constructor of another module that takes no context does not go anywhere: it fails where its arguments are wrong. */
function hardlyFails(pkg: GoPackage, { fun, args }: CallExpr): boolean {
  if (fun.kind !== 'SelectorExpr') return false;
  if (rarelyFails.test(fun.sel.name)) return true;
  const selection = pkg.infer.select(fun);
  return selection?.kind === 'imported' && selection.path.split('/')[0]?.includes('.') === true && /^New(?!\p{Ll})/u.test(selection.name) && !args.some((arg) => isNamed(pkg.typeOf(arg), 'context', 'Context'));
}

/** The innermost `if` whose body a place is in. */
function innermostIf({ body }: FuncNode, { pos, end }: Span): IfStmt | undefined {
  let found: IfStmt | undefined;
  if (body) {
    walk(body, (node) => {
      if (node.kind === 'IfStmt' && node.body.pos <= pos && end <= node.body.end) found = node;
      return node.pos <= pos && end <= node.end;
    });
  }
  return found;
}

/** What a variable was assigned from, the last time before a place. */
function assignedLast(pkg: GoPackage, { body }: FuncNode, variable: Expr, before: number): Expr | undefined {
  const obj = variable.kind === 'Ident' ? pkg.objectOf(variable) : undefined;
  let found: Expr | undefined;
  if (body && obj) {
    walk(body, (node) => {
      if (node.pos >= before) return false;
      if (node.kind === 'AssignStmt' && node.rhs.length === 1 && node.lhs.some((one) => one.kind === 'Ident' && pkg.objectOf(one) === obj)) [found] = node.rhs;
      return undefined;
    });
  }
  return found;
}
