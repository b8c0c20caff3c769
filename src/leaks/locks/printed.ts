import type { CallExpr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { deref } from '../../go/type.ts';
import type { Accesses } from './access.ts';
import type { Target } from './callees.ts';

/** What printing an argument calls: its own String method. */
export function printedBy(pkg: GoPackage, accesses: Accesses, call: CallExpr): Target[] {
  if (call.fun.kind !== 'SelectorExpr') return [];
  const selection = pkg.infer.select(call.fun);
  if (selection?.kind !== 'imported' || (selection.path !== 'fmt' && selection.path !== 'log') || !/^(?:Print|Sprint|Fprint|Error)/u.test(selection.name)) return [];
  const format = call.args.find((one) => one.kind === 'BasicLit' && one.token === 'STRING');
  if (format?.kind === 'BasicLit' && selection.name.endsWith('f') && !/%[+#]?[svq]/u.test(format.value)) return [];
  return call.args.flatMap((arg): Target[] => {
    const type = pkg.typeOf(arg);
    const target = deref(type);
    if (target.kind !== 'named' || target.path !== '' || pkg.infer.underlying(target).kind === 'interface') return [];
    const method = pkg.methodOf(type, 'Error') ?? pkg.methodOf(type, 'String');
    if (!method || method.path.length > 0 || (type.kind !== 'pointer' && method.decl.recv?.type.kind === 'StarExpr')) return [];
    return [{ func: method.decl, recv: accesses.of(arg), isDynamic: true, same: null }];
  });
}
