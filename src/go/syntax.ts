/** A concrete syntax node copied out of tree-sitter: plain data that outlives its tree. Holds named nodes and nodes with a field. */
export interface SyntaxNode {
  readonly type: string;
  /** The field of the parent this node fills, such as `body`. */
  readonly field: string | null;
  readonly start: number;
  readonly end: number;
  /** The node, or one below it, is an error or was made up by error recovery. */
  readonly broken: boolean;
  readonly children: readonly SyntaxNode[];
}

/** The first child that fills `field`. */
export function child(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((one) => one.field === field);
}

/** All children that fill `field`. */
export function childrenAt(node: SyntaxNode, field: string): SyntaxNode[] {
  return node.children.filter((one) => one.field === field);
}
