import { walk, type FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import { spread } from '../spread.ts';
import type { Accesses } from './access.ts';
import type { Callees } from './callees.ts';
import type { Operations } from './operations.ts';
import { printedBy } from './printed.ts';
import { takesFunction } from './relevance.ts';

/** What tells of calls. */
export interface Seen {
  readonly pkg: GoPackage;
  readonly accesses: Accesses;
  readonly operations: Operations;
  readonly callees: Callees;
}

/**
 * Those of some functions that act on a lock or meet other goroutines, themselves or through what their calls run, as far as the package
 * shows. Unlike names, types tell a lock's `Add` from a list's: whoever does neither has no part in what others hold or wait for.
 */
export function actingFunctions({ pkg, accesses, operations, callees }: Seen, candidates: ReadonlySet<FuncDecl>): ReadonlySet<FuncDecl> {
  const acting = new Set<FuncDecl>();
  const callers = new Map<FuncDecl, FuncDecl[]>();
  for (const decl of candidates) {
    if (!decl.body) continue;
    const called = new Set<FuncDecl>();
    walk(decl.body, (node) => {
      if (acting.has(decl)) return false;
      switch (node.kind) {
        case 'SendStmt':
        case 'SelectStmt':
          acting.add(decl);
          break;
        case 'UnaryExpr':
          if (node.op === '<-') acting.add(decl);
          break;
        case 'RangeStmt':
          if (pkg.infer.underlying(pkg.typeOf(node.x)).kind === 'chan') acting.add(decl);
          break;
        case 'SelectorExpr':
          if (operations.unlockValue(node)) acting.add(decl);
          break;
        case 'CallExpr':
          if (operations.of(node) || (node.fun.kind === 'Ident' && node.fun.name === 'close')) acting.add(decl);
          for (const { func } of [...callees.of(node), ...printedBy(pkg, accesses, node)]) {
            const home = callees.homeOf(func);
            if (home && home.decl !== decl) called.add(home.decl);
          }
          break;
        default:
      }
      return undefined;
    });
    if (!acting.has(decl)) for (const one of called) push(callers, one, decl);
  }
  spread(acting, callers);
  for (const decl of candidates) if (takesFunction(pkg, decl)) acting.add(decl);
  return acting;
}
