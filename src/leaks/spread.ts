import type { FuncDecl } from '../go/ast.ts';

/** Adds to a set of functions all that call one of them, directly or through others. */
export function spread(set: Set<FuncDecl>, callers: ReadonlyMap<FuncDecl, readonly FuncDecl[]>): void {
  for (const decl of set) for (const caller of callers.get(decl) ?? []) set.add(caller);
}
