import { childrenOf, comparedWithNil, contains, nameOf, type Expr, type File, type FuncDecl, type FuncType, type Node } from '../go/ast.ts';
import type { TopLevel } from '../go/mentions.ts';
import type { GoPackage } from '../go/package.ts';
import { deref, type Type } from '../go/type.ts';
import { isErrorType } from './is-error-type.ts';
import { calleeOf } from './obligations/callee.ts';
import { isTestFile } from './of-tests.ts';
import { isServed } from './served.ts';

/** Code that ends or drops an object: what should have released what the object holds. */
export interface Teardown {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly pos: number;
  /** `ends`: a method of the type says by its name that it ends it; `drops`: the last reference in a map is deleted. */
  readonly kind: 'ends' | 'drops';
  /** It drops the object because of an error: what has failed may have ended its goroutine already. */
  readonly isOfFailure: boolean;
}

/** A word that ends things, and whatever follows it but what makes it another word (`Endpoint`, `Stopped`) or a question (`CloseNotify`, `StopChan`). */
const endings = /^(?:[Cc]lose|[Ss]top|[Ss]hut[Dd]own|[Qq]uit|[Tt]erminate|[Cc]ancel|[Dd]estroy|[Dd]ispose|[Rr]elease|[Tt]ear[Dd]own|[Ee]nd|[Ff]inish|[Ff]lush|[Ee]xit|[Kk]ill|[Hh]alt)(?!\p{Ll}|Notif|Request|Ch)/u;

/** Whether a method says by its name that it ends its object. */
export function isEndingName(name: string): boolean {
  return endings.test(name);
}

/** Whether it says so of the whole object: `stopTimer` may end a part of it only. */
export function endsWhole(name: string): boolean {
  const rest = name.replace(endings, '');
  return rest !== name && /^(?:All|AndWait|Context|Gracefully|Now|WithContext|WithTimeout)?$/u.test(rest);
}

/** The code that shows that objects of a type do not live as long as the process: methods that end them, and deletions from maps that lead to them. */
export function teardownsOf(pkg: GoPackage, typeName: string): Teardown[] {
  const owners = ownersOf(pkg, typeName);
  const found: Teardown[] = [];
  for (const [name, method] of pkg.infer.methodsOf(typeName)) {
    // What a server is asked to end is something that it serves.
    if (isEndingName(name) && doesSomething(method.decl) && !isServed(pkg, method.decl.type) && pkg.endingOfDecl(method.decl) !== 'process') found.push({ ...method, pos: method.decl.pos, kind: 'ends', isOfFailure: false });
  }
  for (const { decl, file } of pkg.saying(/\bdelete\b/u)) {
    const visit = (node: Node, isOfFailure: boolean): void => {
      if (node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'delete' && node.args[0]) {
        const map = pkg.infer.underlying(pkg.typeOf(node.args[0]));
        if (map.kind === 'map' && namesIn(map.elem).some((one) => owners.has(one))) found.push({ file, decl, pos: node.pos, kind: 'drops', isOfFailure });
      }
      for (const child of childrenOf(node)) visit(child, isOfFailure || (node.kind === 'IfStmt' && child === node.body && asksForError(pkg, node.cond)));
    };
    if (decl.body) visit(decl.body, false);
  }
  return found;
}

/** `err != nil`. Of what other packages answer the type is not known: there its name tells. */
export function asksForError(pkg: GoPackage, cond: Expr): boolean {
  const nil = comparedWithNil(cond);
  if (nil?.op !== '!=') return false;
  const type = pkg.typeOf(nil.x);
  return type.kind === 'unknown' ? /^err(?!\p{Ll})|Err$/u.test(nameOf(nil.x) ?? '') : isErrorType(pkg, type);
}

/** Whether a function is more than what an interface asks for: neither empty, nor `return nil`, nor `panic("not implemented")`. */
export function doesSomething({ body }: FuncDecl): boolean {
  const list = body?.list ?? [];
  const only = list.length === 1 ? list[0] : undefined;
  const isPanic = only?.kind === 'ExprStmt' && only.x.kind === 'CallExpr' && only.x.fun.kind === 'Ident' && only.x.fun.name === 'panic';
  return !isPanic && list.some((stmt) => stmt.kind !== 'ReturnStmt' || stmt.results.some((result) => result.kind === 'CallExpr'));
}

/**
 * A type and all types of the package that hold it in a field, directly or through others. What it leads to itself does not own it: a
 * file that points back to its file system is one of many, and goes before it.
 */
function ownersOf(pkg: GoPackage, typeName: string): Set<string> {
  const held = new Map<string, readonly string[]>();
  for (const file of pkg.files) {
    for (const spec of file.specs) {
      if (spec.kind !== 'TypeSpec') continue;
      const type = pkg.infer.typeExpr(spec.type);
      if (type.kind === 'struct') held.set(spec.name.name, type.fields.flatMap((field) => namesIn(field.type)));
    }
  }
  const below = new Set(held.get(typeName) ?? []);
  for (const one of below) for (const next of held.get(one) ?? []) below.add(next);
  const owners = new Set([typeName]);
  for (const owner of owners) for (const [holder, names] of held) if (names.includes(owner) && !below.has(holder)) owners.add(holder);
  return owners;
}

/** The package's named types a type is made of, through pointers, slices and maps. */
function namesIn(type: Type): string[] {
  const target = deref(type);
  switch (target.kind) {
    case 'named':
      return target.path === '' ? [target.name] : [];
    case 'slice':
    case 'array':
    case 'map':
      return namesIn(target.elem);
    default:
      return [];
  }
}

/** Whether a function runs once in the life of the process, as far as the package shows: only main, init or a command of the command line lead to it. */
export function runsOnce(pkg: GoPackage, func: FuncDecl, seen: ReadonlySet<FuncDecl> = new Set()): boolean {
  if (func.recv === null && (func.name.name === 'init' || (func.name.name === 'main' && pkg.name === 'main'))) return true;
  if (isCommand(pkg, func.type)) return true;
  // A package that several programs share their main of.
  if (func.recv === null && /^Main(?:With\w+)?$/u.test(func.name.name)) return true;
  // Other packages may call what is exported; nobody imports main.
  if (seen.has(func) || (pkg.name !== 'main' && /^\p{Lu}/u.test(func.name.name))) return false;
  const users = usersOf(pkg, func);
  return users.length > 0 && users.every(({ node }) => (node.kind === 'FuncDecl' ? runsOnce(pkg, node, new Set([...seen, func])) : isUsedByCommands(pkg, node, func)));
}

/** Whether a function runs as the process ends: it waits for the signal to end it, or only such functions lead to it. Sources: os/signal, os.Interrupt. */
export function runsAtTheEnd(pkg: GoPackage, func: FuncDecl, seen: ReadonlySet<FuncDecl> = new Set()): boolean {
  if (func.body && contains(func.body, (node) => awaitsEnd(pkg, node))) return true;
  if (seen.has(func)) return false;
  const users = usersOf(pkg, func).filter(({ file }) => !isTestFile(file));
  return users.length > 0 && users.every(({ node }) => node.kind === 'FuncDecl' && runsAtTheEnd(pkg, node, new Set([...seen, func])));
}

/** `signal.Notify(c, os.Interrupt)`, or one of the other signals that end a process. */
function awaitsEnd(pkg: GoPackage, node: Node): boolean {
  if (node.kind !== 'CallExpr') return false;
  const callee = calleeOf(pkg, node);
  return callee?.kind === 'imported' && callee.key === 'os/signal.Notify' && node.args.some((arg) => arg.kind === 'SelectorExpr' && /^(?:Interrupt|SIGINT|SIGTERM)$/u.test(arg.sel.name));
}

/** What a command line library or a service manager runs: its parameters say so. Sources: github.com/spf13/cobra, github.com/urfave/cli, golang.org/x/sys/windows/svc. */
export function isCommand(pkg: GoPackage, { params }: FuncType): boolean {
  return params.some((field) => {
    const given = deref(pkg.infer.typeExpr(field.type));
    const type = given.kind === 'chan' ? given.elem : given;
    return type.kind === 'named' && ((type.name === 'ChangeRequest' && type.path.endsWith('/svc')) || (type.name === 'Command' && /\/(?:cobra|cli)(?:\/v\d)?$/u.test(type.path)) || (type.name === 'Context' && /\/cli(?:\/v\d)?$/u.test(type.path)));
  });
}

/** Whether the values of a type live as long as the process: they are variables of the package, or only what runs once in the process makes them. */
export function isSingleton(pkg: GoPackage, typeName: string): boolean {
  const names = (type: Type): boolean => namesIn(type).includes(typeName);
  const makes = (node: Node): boolean => {
    if (node.kind === 'CompositeLit' && node.type && names(pkg.infer.typeExpr(node.type))) return true;
    if (node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'new' && names(deref(pkg.typeOf(node)))) return true;
    if (node.kind === 'ValueSpec' && node.type && node.type.kind !== 'StarExpr' && names(pkg.infer.typeExpr(node.type))) return true;
    return childrenOf(node).some(makes);
  };
  const aliases = pkg.files.flatMap((file) => file.specs.flatMap((spec) => (spec.kind === 'TypeSpec' && spec.isAlias ? [spec.name.name] : [])));
  let isMade = false;
  for (const { decl, file } of [typeName, ...aliases].flatMap((one) => [...pkg.mentioning(one)])) {
    if (isTestFile(file) || !decl.body || !makes(decl.body)) continue;
    if (!runsOnce(pkg, decl)) return false;
    isMade = true;
  }
  if (isMade) return true;
  return pkg.files.some((file) => file.specs.some((spec) => spec.kind === 'ValueSpec' && spec.names.some((ident) => {
    const obj = pkg.objectOf(ident);
    return obj?.kind === 'var' && names(deref(pkg.infer.typeOfVar(obj)));
  })));
}

/** The declarations that name a function of the package, but its own. */
export function usersOf(pkg: GoPackage, func: FuncDecl): readonly TopLevel[] {
  return pkg.mentions.of(func.name.name).filter(({ node }) => node !== func && uses(pkg, node, func));
}

/** Whether code names a function of the package. */
function uses(pkg: GoPackage, node: Node, func: FuncDecl): boolean {
  return contains(node, (one) => {
    if (one.kind === 'Ident' && one.name === func.name.name) {
      const obj = pkg.objectOf(one);
      return obj?.kind === 'func' && obj.decl === func;
    }
    if (one.kind !== 'SelectorExpr' || one.sel.name !== func.name.name) return false;
    const selection = pkg.infer.select(one);
    return selection?.kind === 'method' && selection.decl === func;
  });
}

/** Whether a variable of the package names a function only in commands: `var publish = &cli.Command{Action: func(…) error {…}}`. */
function isUsedByCommands(pkg: GoPackage, node: Node, func: FuncDecl): boolean {
  if (node.kind === 'FuncLit') return isCommand(pkg, node.type) || !uses(pkg, node, func);
  if (node.kind === 'Ident' || node.kind === 'SelectorExpr') return !uses(pkg, node, func);
  return childrenOf(node).every((child) => isUsedByCommands(pkg, child, func));
}
