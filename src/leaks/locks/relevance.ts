import { walk, type Expr, type FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import { bolt, lockTakingMethods, transactions } from './operations.ts';

const operations: ReadonlySet<string> = new Set([...lockTakingMethods, 'Unlock', 'RUnlock', 'Wait', 'Signal', 'Broadcast', 'Done', 'Add']);

/**
 * The functions that can have to do with locks or with waiting, themselves or through what they call. Names stand for functions and
 * for fields that hold some: too many is only slower.
 */
export function relevantFunctions(pkg: GoPackage): ReadonlySet<FuncDecl> {
  const users = new Map<string, FuncDecl[]>();
  const hasTransactions = pkg.files.some(({ imports }) => imports.some(({ path }) => bolt.test(path)));
  const direct = new Set<FuncDecl>();
  const storedIn = new Map<FuncDecl, string[]>();
  const hasOnce = pkg.mentions.of('Once').length > 0;
  const isOperation = (name: string): boolean => operations.has(name) || (hasOnce && name === 'Do') || (hasTransactions && transactions.has(name));
  for (const { decl } of pkg.funcs()) {
    if (!decl.body) continue;
    const names = new Set<string>();
    const stored: string[] = [];
    walk(decl.body, (node) => {
      switch (node.kind) {
        case 'SendStmt':
        case 'SelectStmt':
          direct.add(decl);
          break;
        case 'UnaryExpr':
          if (node.op === '<-') direct.add(decl);
          break;
        case 'Ident':
          names.add(node.name);
          if (node.name === 'close') direct.add(decl);
          break;
        case 'SelectorExpr':
          names.add(node.sel.name);
          if (isOperation(node.sel.name)) direct.add(decl);
          break;
        case 'AssignStmt':
          for (const target of node.lhs) if (target.kind === 'SelectorExpr') stored.push(target.sel.name);
          break;
        case 'KeyValueExpr':
          stored.push(...nameOf(node.key));
          break;
        default:
      }
      return undefined;
    });
    storedIn.set(decl, stored);
    for (const name of names) push(users, name, decl);
  }
  const work = [...direct];
  const relevant = new Set(direct);
  const printed = ['Print', 'Printf', 'Println', 'Sprint', 'Sprintf', 'Sprintln', 'Fprint', 'Fprintf', 'Fprintln', 'Errorf'];
  for (let decl = work.pop(); decl; decl = work.pop()) {
    const { name } = decl.name;
    const callers = [name, ...(storedIn.get(decl) ?? []), ...(decl.recv && (name === 'String' || name === 'Error') ? printed : [])].flatMap((one) => users.get(one) ?? []);
    for (const caller of callers) {
      if (relevant.has(caller)) continue;
      relevant.add(caller);
      work.push(caller);
    }
  }
  // What they do to what waits is done by what they are given, which their callers mention.
  for (const { decl } of pkg.funcs()) if (takesFunction(pkg, decl)) relevant.add(decl);
  return relevant;
}

/** Whether a function is given functions, which it may run for its caller. */
export function takesFunction(pkg: GoPackage, { type, body }: FuncDecl): boolean {
  return body !== null && type.params.some((field) => field.type.kind === 'FuncType' || (field.type.kind === 'Ident' && pkg.infer.underlying(pkg.infer.typeExpr(field.type)).kind === 'func'));
}

function nameOf(key: Expr): string[] {
  return key.kind === 'Ident' ? [key.name] : [];
}
