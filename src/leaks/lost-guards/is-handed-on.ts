import type { Node } from '../../go/ast.ts';

/** Whether the node around a value gives it to somebody: as an argument, a result, an element, by its address, or to another variable. */
export function isHandedOn(value: Node, parent: Node): boolean {
  switch (parent.kind) {
    case 'CallExpr':
      return parent.args.some((arg) => arg === value);
    case 'AssignStmt':
      return parent.rhs.some((one) => one === value);
    case 'KeyValueExpr':
      return parent.value === value;
    case 'ReturnStmt':
    case 'CompositeLit':
      return true;
    case 'UnaryExpr':
      return parent.op === '&';
    default:
      return false;
  }
}
