import { textOf, walk, type CallExpr, type File, type Node } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';

/** The calls that a piece of code makes itself: not in a goroutine that it starts, nor in a literal that somebody may run. */
export function callsOf(code: Node): readonly CallExpr[] {
  const found: CallExpr[] = [];
  walk(code, (node) => {
    if (node.kind === 'CallExpr') found.push(node);
    return node.kind !== 'FuncLit' && node.kind !== 'GoStmt';
  });
  return found;
}

/** What a call calls, as it is written, without what it is given. */
export function calledText(file: File, { fun }: CallExpr): string {
  return normalised(textOf(file, fun));
}
