import { comparedWithNil, contains, isNil, walk, type CallExpr, type FuncDecl, type Node, type ReturnStmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { handedTo } from '../handed-to.ts';
import { isErrorType } from '../is-error-type.ts';
import { isSimple } from './acquisitions.ts';
import { calleeOf } from './callee.ts';
import { localOf } from './local-of.ts';
import type { Obligation } from './obligation.ts';
import type { Uses } from './uses.ts';

/**
 * The error of `c, err := newClient(conn)`, where that takes the thing but fails without giving it back before it has it; `here` where the function
 * returns what that answers.
 */
export function failureOfTaker(pkg: GoPackage, uses: Uses, variable: VarObj, obligation: Obligation, node: Node): VarObj | 'here' | undefined {
  const [call] = node.kind === 'AssignStmt' ? node.rhs : node.kind === 'ReturnStmt' && node.results.length === 1 ? node.results : [];
  const callee = call?.kind === 'CallExpr' ? calleeOf(pkg, call) : undefined;
  if (call?.kind !== 'CallExpr' || callee?.kind !== 'package' || !losesWhereItFails(pkg, uses, callee.decl, paramFor(pkg, call, variable), obligation)) return undefined;
  const error = node.kind === 'AssignStmt' ? node.lhs.at(-1) : undefined;
  return error ? localOf(pkg, error) : 'here';
}

function paramFor(pkg: GoPackage, call: CallExpr, variable: VarObj): VarObj | undefined {
  const arg = call.args.find((one) => one.kind === 'Ident' && pkg.objectOf(one) === variable);
  return arg && handedTo(pkg, call, arg)?.param;
}

function losesWhereItFails(pkg: GoPackage, uses: Uses, { type, body }: FuncDecl, param: VarObj | undefined, obligation: Obligation): boolean {
  const last = type.results.at(-1)?.type;
  if (!param || !body || !last || type.results.length < 2 || !isErrorType(pkg, pkg.infer.typeExpr(last))) return false;
  const failures: ReturnStmt[] = [];
  const uncertain: Node[] = [];
  let taken = Infinity;
  walk(body, (node) => {
    if (node.kind === 'FuncLit') return false;
    if (node.kind === 'IfStmt' && contains(node.cond, (one) => one.kind === 'BinaryExpr' && isParam(pkg, comparedWithNil(one)?.x, param))) uncertain.push(node);
    if ((isSimple(node) || node.kind === 'ReturnStmt') && uses.effectOf(node, { variable: param, path: null }, obligation) !== 'none') taken = Math.min(taken, node.pos);
    else if (node.kind === 'ReturnStmt' && !isNil(node.results.at(-1)) && !uncertain.some((one) => one.pos <= node.pos && node.end <= one.end)) failures.push(node);
    return undefined;
  });
  return taken < Infinity && failures.some(({ pos }) => pos < taken);
}

function isParam(pkg: GoPackage, expr: Node | undefined, param: VarObj): boolean {
  return expr?.kind === 'Ident' && pkg.objectOf(expr) === param;
}
