import { lineAt, textOf, walk, type File, type FuncDecl, type Ident, type SelectorExpr, type Span, type Spec } from './go/ast.ts';
import { isIgnoreComment } from './go/comments.ts';
import { identifiersIn } from './go/identifiers.ts';
import type { TopLevel } from './go/mentions.ts';
import { normalised } from './go/normalised.ts';
import { displayName, type GoPackage } from './go/package.ts';
import { importName } from './go/scope.ts';

/**
 * The functions whose behaviour a change may alter: those whose text differs between base and head, and all that use such a
 * function, or a type, variable or constant that differs, directly or through others. A use that cannot be resolved counts by its name.
 * Who uses a type's fields without naming it has them from something that does, and is found through that. For the same reason uses
 * are looked for at head alone: what a name stood for at base and no longer does, it does because of something else that differs.
 * `changed` names declarations that mean something else although their text is the same.
 */
export function affectedFunctions(base: readonly File[], head: readonly GoPackage[], changed: (node: FuncDecl | Spec, file: File) => boolean = () => false): ReadonlySet<string> {
  const alike = new Set<File>(base);
  const files = head.flatMap((pkg) => pkg.files);
  const shared = new Set(files.filter((file) => alike.has(file)));
  const before = textsOf(base.filter((file) => !shared.has(file)));
  const after = textsOf(files.filter((file) => !shared.has(file)));
  const affected = new Set([...before.keys(), ...after.keys()].filter((name) => before.get(name) !== after.get(name)));
  for (const { mentions } of head) for (const { node, file } of mentions.all) if (changed(node, file)) for (const name of namesOf(node)) affected.add(name);
  const uses = new Map<TopLevel, Uses>();
  for (const name of affected) {
    const short = name.slice(name.lastIndexOf('.') + 1);
    for (const pkg of head) {
      for (const one of pkg.mentions.of(short)) {
        if (!pkg.mentions.said(one)[name === short ? 'others' : 'members'].has(short)) continue;
        const users = namesOf(one.node).filter((user) => !affected.has(user));
        if (users.length === 0) continue;
        const used = uses.get(one) ?? usesIn(one.node);
        uses.set(one, used);
        if (isUsed(pkg, used.get(short) ?? [], name)) for (const user of users) affected.add(user);
      }
    }
  }
  return new Set([...base, ...files].flatMap((file) => file.funcs.map(displayName)).filter((name) => affected.has(name)));
}

/** The names a declaration uses, with where it does. */
type Uses = ReadonlyMap<string, readonly (Ident | SelectorExpr)[]>;

function namesOf(node: FuncDecl | Spec): readonly string[] {
  return node.kind === 'FuncDecl' ? [displayName(node)] : node.kind === 'TypeSpec' ? [node.name.name] : node.names.map(({ name }) => name);
}

function usesIn(node: FuncDecl | Spec): Uses {
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
function textsOf(files: readonly File[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const file of files) {
    for (const node of [...file.specs, ...file.funcs]) {
      const code = textOf(file, node);
      const { members, others } = identifiersIn(code);
      const imports = file.imports.filter((one) => one.name === '.' || [members, others].some((names) => names.has(one.name ?? importName(one.path)))).map((one) => `${one.name ?? ''} ${one.path}`);
      const text = [...ignoresAbove(file, node), normalised(code), ...imports.sort()].join('\n');
      for (const name of namesOf(node)) texts.set(name, `${texts.get(name) ?? ''}\n${text}`);
    }
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

/** Whether one of the places that mention a short name means the declaration of that full name. */
function isUsed(pkg: GoPackage, used: readonly (Ident | SelectorExpr)[], name: string): boolean {
  return used.some((node) => {
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
