import { lineAt, textOf, walk, type File, type FuncDecl, type Ident, type SelectorExpr, type Span, type Spec } from './go/ast.ts';
import { isIgnoreComment } from './go/comments.ts';
import { normalised } from './go/normalised.ts';
import { displayName, type GoPackage } from './go/package.ts';
import { importName } from './go/scope.ts';

/**
 * The functions whose behaviour a change may alter: those whose text differs between base and head, and all that use such a
 * function, or a type, variable or constant that differs, directly or through others. A use that cannot be resolved counts by its name.
 * Who uses a type's fields without naming it has them from something that does, and is found through that.
 * `changed` names declarations that mean something else although their text is the same.
 */
export function affectedFunctions(base: readonly GoPackage[], head: readonly GoPackage[], changed: (node: FuncDecl | Spec, file: File) => boolean = () => false): ReadonlySet<string> {
  const sides = { base: base.flatMap(declarationsOf), head: head.flatMap(declarationsOf) };
  const declarations = [...sides.base, ...sides.head];
  const before = textsOf(sides.base);
  const after = textsOf(sides.head);
  const affected = new Set([...before.keys(), ...after.keys()].filter((name) => before.get(name) !== after.get(name)));
  for (const { node, file, names } of declarations) if (changed(node, file)) for (const name of names) affected.add(name);
  const mentions = new Map<string, Declaration[]>();
  for (const declaration of declarations) {
    for (const name of declaration.uses.keys()) {
      const known = mentions.get(name);
      if (known) known.push(declaration);
      else mentions.set(name, [declaration]);
    }
  }
  for (const name of affected) {
    const short = name.slice(name.lastIndexOf('.') + 1);
    for (const declaration of mentions.get(short) ?? []) {
      const users = declaration.names.filter((user) => !affected.has(user));
      if (users.length > 0 && uses(declaration, short, name)) for (const user of users) affected.add(user);
    }
  }
  return new Set(declarations.flatMap(({ node, names }) => (node.kind === 'FuncDecl' ? names : [])).filter((name) => affected.has(name)));
}

/** A package-level declaration, and the names it uses with where it does. */
interface Declaration {
  readonly pkg: GoPackage;
  readonly file: File;
  readonly node: FuncDecl | Spec;
  readonly names: readonly string[];
  readonly uses: ReadonlyMap<string, readonly (Ident | SelectorExpr)[]>;
}

function declarationsOf(pkg: GoPackage): Declaration[] {
  return pkg.files.flatMap((file) => [
    ...file.specs.map((spec): Declaration => ({ pkg, file, node: spec, names: spec.kind === 'TypeSpec' ? [spec.name.name] : spec.names.map(({ name }) => name), uses: usesIn(spec) })),
    ...file.funcs.map((decl): Declaration => ({ pkg, file, node: decl, names: [displayName(decl)], uses: usesIn(decl) })),
  ]);
}

function usesIn(node: FuncDecl | Spec): Map<string, (Ident | SelectorExpr)[]> {
  const found = new Map<string, (Ident | SelectorExpr)[]>();
  walk(node, (inner) => {
    if (inner.kind !== 'Ident' && inner.kind !== 'SelectorExpr') return undefined;
    const name = inner.kind === 'Ident' ? inner.name : inner.sel.name;
    const known = found.get(name);
    if (known) known.push(inner);
    else found.set(name, [inner]);
    return undefined;
  });
  return found;
}

/** What each declaration says, comments and white space apart, and which packages its names stand for. */
function textsOf(declarations: readonly Declaration[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, node, names, uses: used } of declarations) {
    const imports = file.imports.filter((one) => one.name === '.' || used.has(one.name ?? importName(one.path))).map((one) => `${one.name ?? ''} ${one.path}`);
    const text = [...ignoresAbove(file, node), normalised(textOf(file, node)), ...imports.sort()].join('\n');
    for (const name of names) texts.set(name, `${texts.get(name) ?? ''}\n${text}`);
  }
  return texts;
}

/** The comments right above a declaration that change what is reported of it. */
function ignoresAbove(file: File, { pos }: Span): string[] {
  const comments: string[] = [];
  for (let line = lineAt(file, pos) - 1; line > 0; line -= 1) {
    const text = file.text.slice(file.lineStarts[line - 1], file.lineStarts[line]).trim();
    if (!text.startsWith('//')) break;
    comments.push(text);
  }
  return comments.filter(isIgnoreComment);
}

/** Whether a declaration uses, under its short name, the declaration of that full name. */
function uses({ pkg, uses: used }: Declaration, short: string, name: string): boolean {
  return (used.get(short) ?? []).some((node) => {
    if (node.kind === 'SelectorExpr') {
      const selection = pkg.infer.select(node);
      // A method of an interface of the package may be any type's; so may one of a value of unknown type.
      if (selection === undefined || (selection.kind === 'importedMethod' && selection.recv.path === '')) return name.includes('.');
      return selection.kind === 'method' && displayName(selection.decl) === name;
    }
    const obj = pkg.objectOf(node);
    return obj?.kind === 'func' ? displayName(obj.decl) === name : obj?.kind === 'type' ? obj.name === name : obj?.kind === 'var' && obj.func === null && obj.name === name;
  });
}
