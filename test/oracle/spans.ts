import { childrenOf, type File, type FuncDecl, type Node } from '../../src/go/ast.ts';

/** How the text of a node must begin and end; what is not here begins and ends with its children. */
const edges: Partial<Record<Node['kind'], readonly [start: string, end: string]>> = {
  FuncDecl: ['func', ''], FuncLit: ['func', '}'], GoStmt: ['go', ''], DeferStmt: ['defer', ''], ReturnStmt: ['return', ''], IfStmt: ['if', '}'], ForStmt: ['for', '}'], RangeStmt: ['for', '}'],
  SwitchStmt: ['switch', '}'], TypeSwitchStmt: ['switch', '}'], SelectStmt: ['select', '}'], BlockStmt: ['{', '}'], CallExpr: ['', ')'], CompositeLit: ['', '}'], IndexExpr: ['', ']'], SliceExpr: ['', ']'],
  StructType: ['struct', '}'], InterfaceType: ['interface', '}'], MapType: ['map', ''], TypeAssertExpr: ['', ')'],
};

/** What is wrong with the spans of a function or declaration: each must hold its children, in order and apart, and its own tokens. */
export function spanFaults(file: File, root: Node): string[] {
  const faults: string[] = [];
  const { text } = file;
  const visit = (node: Node): void => {
    const fault = (says: string): void => {
      faults.push(`${node.kind} at ${node.pos}: ${says}`);
    };
    if (node.pos < 0 || node.pos > node.end || node.end > text.length) fault(`span ${node.pos}–${node.end}`);
    const own = text.slice(node.pos, node.end);
    const [start, end] = edges[node.kind] ?? ['', ''];
    if (!own.startsWith(start) || !own.endsWith(end)) fault(`text ${own.slice(0, 20)}`);
    if (node.kind === 'Ident' && own !== node.name) fault(`name ${node.name}, text ${own}`);
    if (node.kind === 'BasicLit' && own !== node.value) fault(`value ${node.value}, text ${own}`);
    if (node.kind === 'BranchStmt' && !own.startsWith(node.token)) fault(`text ${own}`);
    if (node.kind === 'CaseClause' && !own.startsWith(node.list ? 'case' : 'default')) fault(`text ${own}`);
    if (node.kind === 'CommClause' && !own.startsWith(node.comm ? 'case' : 'default')) fault(`text ${own}`);
    if (node.kind === 'UnaryExpr' && !own.startsWith(node.op)) fault(`text ${own}`);
    if (node.kind === 'BinaryExpr' && !text.slice(node.x.end, node.y.pos).includes(node.op)) fault(`no ${node.op} between its operands`);
    if (node.kind === 'SendStmt' && !text.slice(node.chan.end, node.value.pos).includes('<-')) fault('no arrow between channel and value');
    if (node.kind === 'AssignStmt' && !text.slice(node.lhs.at(-1)?.end, node.rhs[0]?.pos).includes(node.op)) fault(`no ${node.op} between its sides`);
    let at = node.pos;
    for (const child of parts(node).sort((a, b) => a.pos - b.pos || a.end - b.end)) {
      if (child.pos < at || child.end > node.end) fault(`${child.kind} ${child.pos}–${child.end} is outside or overlaps`);
      at = Math.max(at, child.end);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  return faults;
}

/** Children, and for one that spans as much as its parent (the type of a function) that one's. */
function parts(node: Node): Node[] {
  return childrenOf(node).flatMap((child) => (child.kind !== 'Ident' && child.pos === node.pos && child.end === node.end ? parts(child) : [child]));
}

/** What differs between a function and the same text parsed by itself, moved to the same place. */
export function reparseFault(decl: FuncDecl, alone: FuncDecl | undefined, shift: number): string | null {
  if (!alone) return 'no function when parsed by itself';
  const [a, b] = [shape(decl, 0), shape(alone, shift)];
  const at = a.findIndex((one, index) => one !== b[index]);
  return at === -1 && a.length === b.length ? null : `parsed by itself ${b[at] ?? 'nothing'} instead of ${a[at] ?? 'nothing'}`;
}

function shape(root: Node, shift: number): string[] {
  const all: string[] = [];
  const visit = (node: Node): void => {
    all.push(`${node.kind} ${node.pos + shift}–${node.end + shift}`);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  return all;
}
