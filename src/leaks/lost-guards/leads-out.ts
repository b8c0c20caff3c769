import type { CallExpr, Expr, FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { callsOf } from './own-calls.ts';

/** How many calls of the package are followed. */
const farthest = 3;

/** What is told or asked to do something: whoever does it may call back, or wait. */
const telling = /^(?:on\p{Lu}|On\p{Lu}|[nN]otify|[cC]lose|[sS]top|[sS]hutdown|[hH]andle|[rR]un|[eE]mit|[pP]ublish|[sS]end|[wW]ait|[cC]all|[rR]ecv|[rR]eceive|[fF]lush|[dD]isconnect|[cC]onnect|[dD]ial|[aA]ccept|[bB]roadcast|[fF]ire|[tT]rigger|[vV]isit|[wW]alk|[cC]ancel)/u;

/** What waits by its name, whoever does it. */
const waiting = /^(?:Wait|StopAndWait|Recv|Receive|Accept|Serve|GracefulStop|Shutdown|ReadString|ReadBytes|ReadLine|ReadMessage|ReadFrom)/u;

/** What tells of something and hands nothing on, and what only asks for the time. */
const harmless = /^(?:[lL]og|[dD]ebug|[iI]nfo|[wW]arn|[eE]rr|[pP]rint|[tT]race|[nN]ow$|[cC]lock)/u;

/** Whether a call leads to code that the package does not show, and that may wait or come back: a callback, a method of an interface, what waits by its name. Calls of the package are followed. */
export function leadsOut(pkg: GoPackage, call: CallExpr, seen: readonly FuncDecl[] = []): boolean {
  const { fun } = call;
  if (fun.kind !== 'Ident' && fun.kind !== 'SelectorExpr') return false;
  const decl = pkg.declOf(fun);
  if (decl) {
    if (seen.includes(decl) || seen.length >= farthest || !decl.body) return false;
    return callsOf(decl.body).some((inner) => leadsOut(pkg, inner, [...seen, decl]));
  }
  if (call.args.some((arg) => isCallback(pkg, arg))) return true;
  if (fun.kind === 'Ident') return isCallback(pkg, fun);
  if (harmless.test(fun.sel.name)) return false;
  const selection = pkg.infer.select(fun);
  switch (selection?.kind) {
    case 'field':
      return pkg.infer.underlying(selection.type).kind === 'func';
    case 'importedMethod':
      if (selection.recv.path === 'sync' || selection.recv.path === 'time') return false;
      return (selection.recv.path === '' ? telling : waiting).test(selection.name);
    case undefined:
      return waiting.test(fun.sel.name);
    default:
      return false;
  }
}

/** A function that a caller has given. */
function isCallback(pkg: GoPackage, expr: Expr): boolean {
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  return obj?.kind === 'var' && obj.role === 'param' && !harmless.test(obj.name) && pkg.infer.underlying(pkg.infer.typeOfVar(obj)).kind === 'func';
}
