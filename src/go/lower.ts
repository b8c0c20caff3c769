import type * as ast from './ast.ts';
import { walk } from './ast.ts';
import { child, childrenAt, type SyntaxNode } from './syntax.ts';

/** What a file, or a part of it, declares. */
export type Declarations = Pick<ast.File, 'packageName' | 'imports' | 'specs' | 'funcs' | 'broken'>;

/** Turns a copied syntax tree into go/ast's shape. Total: a node that is not understood becomes BadExpr or BadStmt. */
export function lowerFile(path: string, text: string, root: SyntaxNode): ast.File {
  const declarations = lowerDeclarations(text, root);
  return { kind: 'File', path, text, ...declarations, lineStarts: lineStartsOf(text), onRead: (listener) => declarations.funcs.forEach(listener) };
}

/** The same for the tree of a part of the text; its offsets are the whole text's. */
export function lowerDeclarations(text: string, root: SyntaxNode): Declarations {
  const lower = new Lowering(text);
  const imports: ast.ImportSpec[] = [];
  const specs: ast.Spec[] = [];
  const funcs: ast.FuncDecl[] = [];
  let packageName = '';
  let broken = false;
  for (const node of root.children) {
    switch (node.type) {
      case 'package_clause':
        packageName = lower.text(node.children[0] ?? node);
        break;
      case 'import_declaration':
        imports.push(...lower.imports(node));
        break;
      case 'function_declaration':
      case 'method_declaration':
        funcs.push(lower.funcDecl(node));
        break;
      case 'const_declaration':
      case 'var_declaration':
      case 'type_declaration':
        if (node.broken) broken = true;
        else {
          specs.push(...lower.specs(node));
          // Lowered twice, so that each of the two has nodes of its own: literals of variables, and the functions that they are.
          if (node.type === 'var_declaration' && mayHaveLiterals(lower.text(node))) funcs.push(...lower.specs(node).flatMap(literalsOf));
        }
        break;
      default:
        broken ||= node.broken;
    }
  }
  return { packageName, imports, specs, funcs, broken };
}

/** Whether the text of a declaration of variables may have function literals in it. */
export function mayHaveLiterals(text: string): boolean {
  return /\bfunc\b/u.test(text);
}

/** The outermost function literals that variables are given, as functions. */
function literalsOf(spec: ast.Spec): ast.FuncDecl[] {
  if (spec.kind !== 'ValueSpec') return [];
  const found: ast.FuncDecl[] = [];
  for (const [index, value] of spec.values.entries()) {
    const name = spec.names[index] ?? spec.names[0];
    if (!name || name.name === '_') continue;
    walk(value, (node) => {
      if (node.kind !== 'FuncLit') return undefined;
      const { pos, end, type, body } = node;
      found.push({ kind: 'FuncDecl', pos, end, name, owner: null, recv: null, type, body, isLiteral: true, broken: false });
      return false;
    });
  }
  return found;
}

export function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The name of the type a method is declared on. */
export function receiverName(type: ast.Expr): string | undefined {
  if (type.kind === 'StarExpr' || type.kind === 'IndexExpr') return receiverName(type.x);
  return type.kind === 'Ident' ? type.name : undefined;
}

class Lowering {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  text(node: SyntaxNode): string {
    return this.#source.slice(node.start, node.end);
  }

  imports(declaration: SyntaxNode): ast.ImportSpec[] {
    const specs = declaration.children.flatMap((one) => (one.type === 'import_spec_list' ? one.children : [one]));
    return specs.filter((one) => one.type === 'import_spec').map((spec) => {
      const name = child(spec, 'name');
      const path = child(spec, 'path');
      return { kind: 'ImportSpec', ...span(spec), name: name ? this.text(name) : null, path: path ? this.text(path).slice(1, -1) : '' };
    });
  }

  specs(declaration: SyntaxNode): ast.Spec[] {
    const token = declaration.type === 'const_declaration' ? 'const' : 'var';
    return declaration.children
      .flatMap((one) => (one.type === 'var_spec_list' ? one.children : [one]))
      .flatMap((spec): ast.Spec[] => {
        const type = child(spec, 'type');
        if (spec.type === 'type_spec' || spec.type === 'type_alias') {
          const name = child(spec, 'name');
          if (!name || !type) return [];
          return [{ kind: 'TypeSpec', ...span(spec), name: this.ident(name), typeParams: this.typeParams(spec), isAlias: spec.type === 'type_alias', type: this.expr(type) }];
        }
        const names = childrenAt(spec, 'name').filter((one) => one.type !== ',').map((one) => this.ident(one));
        return [{ kind: 'ValueSpec', ...span(spec), token, names, type: type ? this.expr(type) : null, values: this.exprList(child(spec, 'value')) }];
      });
  }

  funcDecl(node: SyntaxNode): ast.FuncDecl {
    const name = child(node, 'name');
    const receiver = child(node, 'receiver');
    const body = child(node, 'body');
    const recv = receiver ? (this.fields(receiver)[0] ?? null) : null;
    return {
      kind: 'FuncDecl',
      ...span(node),
      name: name ? this.ident(name) : { kind: 'Ident', ...span(node), name: '_' },
      owner: recv && (receiverName(recv.type) ?? ''),
      recv,
      type: this.funcType(node),
      body: body && !node.broken ? this.block(body) : null,
      isLiteral: false,
      broken: node.broken,
    };
  }

  ident(node: SyntaxNode): ast.Ident {
    return { kind: 'Ident', ...span(node), name: this.text(node) };
  }

  typeParams(node: SyntaxNode): ast.Field[] {
    const list = child(node, 'type_parameters');
    return list ? this.fields(list) : [];
  }

  funcType(node: SyntaxNode): ast.FuncType {
    const params = child(node, 'parameters');
    const result = child(node, 'result');
    const results: ast.Field[] =
      result === undefined ? []
      : result.type === 'parameter_list' ? this.fields(result)
      : [{ kind: 'Field', ...span(result), names: [], type: this.expr(result) }];
    return { kind: 'FuncType', ...span(node), typeParams: this.typeParams(node), params: params ? this.fields(params) : [], results };
  }

  /** Parameters, results, type parameters: any list of named and typed things. */
  fields(list: SyntaxNode): ast.Field[] {
    const fields = list.children.flatMap((node): ast.Field[] => {
      const type = child(node, 'type');
      if (!type) return [];
      const lowered = this.expr(type);
      return [{
        kind: 'Field',
        ...span(node),
        names: childrenAt(node, 'name').filter((one) => one.type !== ',').map((one) => this.ident(one)),
        type: node.type === 'variadic_parameter_declaration' ? { kind: 'Ellipsis', ...span(type), elt: lowered } : lowered,
      }];
    });
    return fields.some((field) => field.names.length > 0) ? joinNames(fields) : fields;
  }

  structFields(struct: SyntaxNode): ast.Field[] {
    const list = struct.children.find((one) => one.type === 'field_declaration_list');
    return (list?.children ?? []).flatMap((node): ast.Field[] => {
      const type = child(node, 'type');
      if (!type) return [];
      const names = childrenAt(node, 'name').filter((one) => one.type !== ',').map((one) => this.ident(one));
      const lowered = this.expr(type);
      // The star of an embedded `*T` is a token beside the type, not a node around it.
      const pointer = names.length === 0 && this.#source[node.start] === '*';
      return [{ kind: 'Field', ...span(node), names, type: pointer ? { kind: 'StarExpr', pos: node.start, end: type.end, x: lowered } : lowered }];
    });
  }

  exprList(list: SyntaxNode | undefined): ast.Expr[] {
    if (!list) return [];
    return list.type === 'expression_list' ? list.children.map((one) => this.expr(one)) : [this.expr(list)];
  }

  at(node: SyntaxNode, field: string): ast.Expr {
    const found = child(node, field);
    return found ? this.expr(found) : { kind: 'BadExpr', ...span(node) };
  }

  maybe(node: SyntaxNode, field: string): ast.Expr | null {
    const found = child(node, field);
    return found ? this.expr(found) : null;
  }

  first(node: SyntaxNode): ast.Expr {
    const found = node.children[0];
    return found ? this.expr(found) : { kind: 'BadExpr', ...span(node) };
  }

  expr(node: SyntaxNode): ast.Expr {
    const at = span(node);
    switch (node.type) {
      case 'identifier':
      case 'type_identifier':
      case 'field_identifier':
      case 'package_identifier':
      case 'blank_identifier':
      case 'true':
      case 'false':
      case 'nil':
      case 'iota':
        return this.ident(node);
      case 'int_literal':
        return { kind: 'BasicLit', ...at, token: 'INT', value: this.text(node) };
      case 'float_literal':
        return { kind: 'BasicLit', ...at, token: 'FLOAT', value: this.text(node) };
      case 'imaginary_literal':
        return { kind: 'BasicLit', ...at, token: 'IMAG', value: this.text(node) };
      case 'rune_literal':
        return { kind: 'BasicLit', ...at, token: 'CHAR', value: this.text(node) };
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return { kind: 'BasicLit', ...at, token: 'STRING', value: this.text(node) };
      case 'parenthesized_expression':
      case 'parenthesized_type':
      case 'literal_element':
        return this.first(node);
      case 'func_literal': {
        const body = child(node, 'body');
        return body ? { kind: 'FuncLit', ...at, type: this.funcType(node), body: this.block(body) } : { kind: 'BadExpr', ...at };
      }
      case 'composite_literal': {
        const body = child(node, 'body');
        return { kind: 'CompositeLit', ...at, type: this.maybe(node, 'type'), elts: body ? this.elements(body) : [] };
      }
      case 'literal_value':
        return { kind: 'CompositeLit', ...at, type: null, elts: this.elements(node) };
      case 'keyed_element':
        return { kind: 'KeyValueExpr', ...at, key: this.at(node, 'key'), value: this.at(node, 'value') };
      case 'selector_expression': {
        const sel = child(node, 'field');
        return sel ? { kind: 'SelectorExpr', ...at, x: this.at(node, 'operand'), sel: this.ident(sel) } : { kind: 'BadExpr', ...at };
      }
      case 'qualified_type': {
        const sel = child(node, 'name');
        return sel ? { kind: 'SelectorExpr', ...at, x: this.at(node, 'package'), sel: this.ident(sel) } : { kind: 'BadExpr', ...at };
      }
      case 'index_expression':
        return { kind: 'IndexExpr', ...at, x: this.at(node, 'operand'), indices: childrenAt(node, 'index').map((one) => this.expr(one)) };
      case 'generic_type':
        return { kind: 'IndexExpr', ...at, x: this.at(node, 'type'), indices: this.typeArguments(child(node, 'type_arguments')) };
      case 'type_instantiation_expression': {
        const [x, ...indices] = node.children.map((one) => this.expr(one));
        return x ? { kind: 'IndexExpr', ...at, x, indices } : { kind: 'BadExpr', ...at };
      }
      case 'slice_expression':
        return { kind: 'SliceExpr', ...at, x: this.at(node, 'operand'), low: this.maybe(node, 'start'), high: this.maybe(node, 'end'), max: this.maybe(node, 'capacity') };
      case 'type_assertion_expression':
        return { kind: 'TypeAssertExpr', ...at, x: this.at(node, 'operand'), type: this.maybe(node, 'type') };
      case 'type_conversion_expression':
        return { kind: 'CallExpr', ...at, fun: this.at(node, 'type'), args: [this.at(node, 'operand')], hasEllipsis: false };
      case 'call_expression': {
        const typeArguments = child(node, 'type_arguments');
        const fun = this.at(node, 'function');
        const args = (child(node, 'arguments')?.children ?? []);
        return {
          kind: 'CallExpr',
          ...at,
          fun: typeArguments ? { kind: 'IndexExpr', pos: fun.pos, end: typeArguments.end, x: fun, indices: this.typeArguments(typeArguments) } : fun,
          args: args.map((one) => (one.type === 'variadic_argument' ? this.first(one) : this.expr(one))),
          hasEllipsis: args.some((one) => one.type === 'variadic_argument'),
        };
      }
      case 'unary_expression': {
        const operator = child(node, 'operator');
        const op = operator ? this.text(operator) : '';
        const x = this.at(node, 'operand');
        return op === '*' ? { kind: 'StarExpr', ...at, x } : { kind: 'UnaryExpr', ...at, op, x };
      }
      case 'binary_expression': {
        const operator = child(node, 'operator');
        return { kind: 'BinaryExpr', ...at, op: operator ? this.text(operator) : '', x: this.at(node, 'left'), y: this.at(node, 'right') };
      }
      case 'pointer_type':
        return { kind: 'StarExpr', ...at, x: this.first(node) };
      case 'array_type':
        return { kind: 'ArrayType', ...at, len: this.at(node, 'length'), elt: this.at(node, 'element') };
      case 'implicit_length_array_type':
        return { kind: 'ArrayType', ...at, len: { kind: 'Ellipsis', ...at, elt: null }, elt: this.at(node, 'element') };
      case 'slice_type':
        return { kind: 'ArrayType', ...at, len: null, elt: this.at(node, 'element') };
      case 'map_type':
        return { kind: 'MapType', ...at, key: this.at(node, 'key'), value: this.at(node, 'value') };
      case 'channel_type': {
        const text = this.text(node);
        const value = this.at(node, 'value');
        const send = /^chan\s*<-/u.exec(text);
        // The grammar reads `chan<- chan T` as a channel of `<-chan T`; in Go the arrow belongs to the first chan.
        if (send && value.kind === 'ChanType' && value.pos < node.start + send[0].length) {
          return { kind: 'ChanType', ...at, dir: 'send', value: { ...value, pos: this.#source.indexOf('chan', value.pos), dir: 'both' } };
        }
        return { kind: 'ChanType', ...at, dir: text.startsWith('<-') ? 'recv' : send ? 'send' : 'both', value };
      }
      case 'function_type':
        return this.funcType(node);
      case 'struct_type':
        return { kind: 'StructType', ...at, fields: this.structFields(node) };
      case 'interface_type':
        return {
          kind: 'InterfaceType',
          ...at,
          methods: node.children.filter((one) => one.type === 'method_elem').map((one) => {
            const name = child(one, 'name');
            return { kind: 'Field', ...span(one), names: name ? [this.ident(name)] : [], type: this.funcType(one) };
          }),
          embeddeds: node.children.filter((one) => one.type === 'type_elem').map((one) => this.expr(one)),
        };
      case 'type_elem':
      case 'type_constraint':
        return this.union(node);
      case 'negated_type':
        return { kind: 'UnaryExpr', ...at, op: '~', x: this.first(node) };
      default:
        return { kind: 'BadExpr', ...at };
    }
  }

  /** `A | B | C`, as go/ast has it. */
  union(node: SyntaxNode): ast.Expr {
    const [first = { kind: 'BadExpr', ...span(node) }, ...rest] = node.children.map((one) => this.expr(one));
    return rest.reduce((x, y): ast.Expr => ({ kind: 'BinaryExpr', pos: x.pos, end: y.end, op: '|', x, y }), first);
  }

  typeArguments(list: SyntaxNode | undefined): ast.Expr[] {
    return (list?.children ?? []).map((one) => this.expr(one));
  }

  elements(body: SyntaxNode): ast.Expr[] {
    return body.children.map((one) => this.expr(one));
  }

  block(node: SyntaxNode): ast.BlockStmt {
    return { kind: 'BlockStmt', ...span(node), list: this.stmts(node) };
  }

  /** The statements of a block or case, whose list is a child of its own in the grammar. */
  stmts(node: SyntaxNode): ast.Stmt[] {
    const list = node.children.find((one) => one.type === 'statement_list');
    return (list?.children ?? []).map((one) => this.stmt(one));
  }

  label(node: SyntaxNode): ast.Ident | null {
    const label = node.children.find((one) => one.type === 'label_name');
    return label ? this.ident(label) : null;
  }

  maybeStmt(node: SyntaxNode | undefined): ast.Stmt | null {
    return node ? this.stmt(node) : null;
  }

  stmt(node: SyntaxNode): ast.Stmt {
    const at = span(node);
    switch (node.type) {
      case 'expression_statement':
        return { kind: 'ExprStmt', ...at, x: this.first(node) };
      case 'send_statement':
        return { kind: 'SendStmt', ...at, chan: this.at(node, 'channel'), value: this.at(node, 'value') };
      case 'inc_statement':
        return { kind: 'IncDecStmt', ...at, x: this.first(node), op: '++' };
      case 'dec_statement':
        return { kind: 'IncDecStmt', ...at, x: this.first(node), op: '--' };
      case 'assignment_statement': {
        const operator = child(node, 'operator');
        return { kind: 'AssignStmt', ...at, lhs: this.exprList(child(node, 'left')), op: operator ? this.text(operator) : '=', rhs: this.exprList(child(node, 'right')) };
      }
      case 'short_var_declaration':
        return { kind: 'AssignStmt', ...at, lhs: this.exprList(child(node, 'left')), op: ':=', rhs: this.exprList(child(node, 'right')) };
      case 'receive_statement': {
        const x = this.at(node, 'right');
        const left = child(node, 'left');
        if (!left) return { kind: 'ExprStmt', ...at, x };
        return { kind: 'AssignStmt', ...at, lhs: this.exprList(left), op: this.#source.slice(left.end, x.pos).includes(':=') ? ':=' : '=', rhs: [x] };
      }
      case 'var_declaration':
      case 'const_declaration':
      case 'type_declaration':
        return { kind: 'DeclStmt', ...at, specs: this.specs(node) };
      case 'labeled_statement': {
        const label = child(node, 'label');
        const inner = node.children.find((one) => one.field !== 'label');
        if (!label) return { kind: 'BadStmt', ...at };
        return { kind: 'LabeledStmt', ...at, label: this.ident(label), stmt: inner ? this.stmt(inner) : { kind: 'EmptyStmt', pos: node.end, end: node.end } };
      }
      case 'go_statement':
        return { kind: 'GoStmt', ...at, call: this.first(node) };
      case 'defer_statement':
        return { kind: 'DeferStmt', ...at, call: this.first(node) };
      case 'return_statement':
        return { kind: 'ReturnStmt', ...at, results: this.exprList(node.children[0]) };
      case 'break_statement':
        return { kind: 'BranchStmt', ...at, token: 'break', label: this.label(node) };
      case 'continue_statement':
        return { kind: 'BranchStmt', ...at, token: 'continue', label: this.label(node) };
      case 'goto_statement':
        return { kind: 'BranchStmt', ...at, token: 'goto', label: this.label(node) };
      case 'fallthrough_statement':
        return { kind: 'BranchStmt', ...at, token: 'fallthrough', label: null };
      case 'empty_statement':
        return { kind: 'EmptyStmt', ...at };
      case 'block':
        return this.block(node);
      case 'if_statement': {
        const otherwise = this.maybeStmt(child(node, 'alternative'));
        return {
          kind: 'IfStmt',
          ...at,
          init: this.maybeStmt(child(node, 'initializer')),
          cond: this.at(node, 'condition'),
          body: this.blockAt(node, 'consequence'),
          else: otherwise?.kind === 'BlockStmt' || otherwise?.kind === 'IfStmt' ? otherwise : null,
        };
      }
      case 'expression_switch_statement':
        return { kind: 'SwitchStmt', ...at, init: this.maybeStmt(child(node, 'initializer')), tag: this.maybe(node, 'value'), clauses: this.cases(node) };
      case 'type_switch_statement': {
        const bind = this.exprList(child(node, 'alias'))[0];
        return {
          kind: 'TypeSwitchStmt',
          ...at,
          init: this.maybeStmt(child(node, 'initializer')),
          bind: bind?.kind === 'Ident' ? bind : null,
          x: this.at(node, 'value'),
          clauses: this.cases(node),
        };
      }
      case 'select_statement':
        return { kind: 'SelectStmt', ...at, clauses: node.children.flatMap((one) => this.commClause(one)) };
      case 'for_statement':
        return this.forStmt(node);
      default:
        return { kind: 'BadStmt', ...at };
    }
  }

  blockAt(node: SyntaxNode, field: string): ast.BlockStmt {
    const body = child(node, field);
    return body ? this.block(body) : { kind: 'BlockStmt', pos: node.end, end: node.end, list: [] };
  }

  cases(node: SyntaxNode): ast.CaseClause[] {
    return node.children.flatMap((one): ast.CaseClause[] => {
      switch (one.type) {
        case 'expression_case':
          return [{ kind: 'CaseClause', ...span(one), list: this.exprList(child(one, 'value')), body: this.stmts(one) }];
        case 'type_case':
          return [{ kind: 'CaseClause', ...span(one), list: childrenAt(one, 'type').filter((type) => type.type !== ',').map((type) => this.expr(type)), body: this.stmts(one) }];
        case 'default_case':
          return [{ kind: 'CaseClause', ...span(one), list: null, body: this.stmts(one) }];
        default:
          return [];
      }
    });
  }

  commClause(node: SyntaxNode): ast.CommClause[] {
    if (node.type === 'default_case') return [{ kind: 'CommClause', ...span(node), comm: null, body: this.stmts(node) }];
    const communication = child(node, 'communication');
    if (node.type !== 'communication_case' || !communication) return [];
    const comm = this.stmt(communication);
    if (comm.kind !== 'SendStmt' && comm.kind !== 'ExprStmt' && comm.kind !== 'AssignStmt') return [];
    return [{ kind: 'CommClause', ...span(node), comm, body: this.stmts(node) }];
  }

  forStmt(node: SyntaxNode): ast.Stmt {
    const at = span(node);
    const body = this.blockAt(node, 'body');
    const head = node.children.find((one) => one.field !== 'body');
    if (head?.type === 'range_clause') {
      const left = child(head, 'left');
      const [key, value] = this.exprList(left);
      const x = this.at(head, 'right');
      return { kind: 'RangeStmt', ...at, key: key ?? null, value: value ?? null, define: left !== undefined && this.#source.slice(left.end, x.pos).includes(':='), x, body };
    }
    if (head?.type === 'for_clause') {
      return { kind: 'ForStmt', ...at, init: this.maybeStmt(child(head, 'initializer')), cond: this.maybe(head, 'condition'), post: this.maybeStmt(child(head, 'update')), body };
    }
    return { kind: 'ForStmt', ...at, init: null, cond: head ? this.expr(head) : null, post: null, body };
  }
}

function span(node: SyntaxNode): ast.Span {
  return { pos: node.start, end: node.end };
}

/** The grammar takes the first of many names for a type of its own (`a` in `a, b, c, d, e, f, g, h, i int`). In Go all parameters are named or none is. */
function joinNames(fields: readonly ast.Field[]): ast.Field[] {
  const joined: ast.Field[] = [];
  let names: ast.Ident[] = [];
  for (const field of fields) {
    if (field.names.length === 0 && field.type.kind === 'Ident') names.push(field.type);
    else {
      joined.push(names.length === 0 ? field : { ...field, pos: names[0]?.pos ?? field.pos, names: [...names, ...field.names] });
      names = [];
    }
  }
  return joined;
}
