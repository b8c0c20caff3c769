import * as ast from './ast.ts';
import { buildCfg, reachableFrom, type Cfg } from './cfg.ts';
import { Inference } from './infer.ts';
import { Mentions } from './mentions.ts';
import type { Module } from './module.ts';
import { fatalMethods, goroutineExits, isFatal, processExits, testExits } from './knowledge.ts';
import { Scopes, type FuncNode, type Obj } from './scope.ts';
import { deref, type Type } from './type.ts';

/** How a call ends, where it does not come back: with the process, with its goroutine, or by a panic. */
export type Ending = 'process' | 'goroutine' | 'panic';

/** One Go package as the analysis sees it: its files (test files of the same package too), resolved and typed as far as they say. */
export class GoPackage {
  readonly directory: string;
  readonly name: string;
  readonly files: readonly ast.File[];
  readonly module: Module;
  readonly scopes: Scopes;
  readonly infer: Inference;
  readonly mentions: Mentions;
  readonly #part: ReadonlySet<ast.FuncDecl | ast.Spec> | null;
  readonly #cfgs = new Map<FuncNode, Cfg>();
  readonly #endings = new Map<ast.FuncDecl, Ending | null>();

  /** `of`: the package that this one is a part of. */
  constructor(directory: string, files: readonly ast.File[], module: Module, of?: { readonly whole: GoPackage; readonly part: ReadonlySet<ast.FuncDecl | ast.Spec> }) {
    this.directory = directory;
    this.name = files[0]?.packageName ?? '';
    this.files = files;
    this.module = module;
    this.scopes = of?.whole.scopes ?? new Scopes(files);
    this.infer = of?.whole.infer ?? new Inference(this.scopes, files);
    this.mentions = of?.whole.mentions ?? new Mentions(files);
    this.#part = of?.part ?? null;
  }

  /** Every function declaration with its file. */
  *funcs(): Generator<{ readonly decl: ast.FuncDecl; readonly file: ast.File }> {
    for (const file of this.files) for (const decl of file.funcs) if (this.#part?.has(decl) !== false) yield { decl, file };
  }

  /** The functions whose text has something that is looked for: the others need not be parsed to know that it is not there. */
  *saying(what: RegExp): Generator<{ readonly decl: ast.FuncDecl; readonly file: ast.File }> {
    for (const one of this.funcs()) if (what.test(ast.textOf(one.file, one.decl))) yield one;
  }

  /** The functions that mention a name. */
  *mentioning(name: string): Generator<{ readonly decl: ast.FuncDecl; readonly file: ast.File }> {
    for (const { node, file } of this.mentions.of(name)) if (node.kind === 'FuncDecl' && this.#part?.has(node) !== false) yield { decl: node, file };
  }

  /** Whether any declaration mentions a name. */
  says(name: string): boolean {
    return this.mentions.of(name).some(({ node }) => this.#part?.has(node) !== false);
  }

  /** The same package for whoever asks only about some of its functions: with those, and with all that their code can come to. */
  around(isAsked: (decl: ast.FuncDecl, file: ast.File) => boolean): GoPackage {
    const reached = this.mentions.reachableFrom(({ node, file }) => node.kind === 'FuncDecl' && isAsked(node, file));
    return new GoPackage(this.directory, this.files, this.module, { whole: this, part: new Set(Array.from(reached, ({ node }) => node)) });
  }

  objectOf(ident: ast.Ident): Obj | undefined {
    return this.scopes.objectOf(ident);
  }

  typeOf(expr: ast.Expr): Type {
    return this.infer.typeOf(expr);
  }

  cfgOf(func: FuncNode): Cfg {
    const known = this.#cfgs.get(func);
    if (known) return known;
    const body = func.body ?? { kind: 'BlockStmt', pos: func.end, end: func.end, list: [] };
    const cfg = buildCfg(body, (call) => this.endingOf(call) !== null);
    this.#cfgs.set(func, cfg);
    return cfg;
  }

  /** How a call ends if it never returns: from `knowledge`, or because the package's function it names has no way to return. */
  endingOf(call: ast.CallExpr): Ending | null {
    const { fun } = call;
    if (fun.kind === 'Ident') {
      const obj = this.objectOf(fun);
      if (obj?.kind === 'builtin') return obj.name === 'panic' ? 'panic' : null;
      return obj?.kind === 'func' ? this.endingOfDecl(obj.decl) : null;
    }
    if (fun.kind !== 'SelectorExpr') return null;
    const selection = this.infer.select(fun);
    if (selection === undefined) return fatalMethods.has(fun.sel.name) ? 'process' : null;
    switch (selection.kind) {
      case 'imported': {
        const key = `${selection.path}.${selection.name}`;
        return goroutineExits.has(key) ? 'goroutine' : processExits.has(key) || isFatal(selection.path, selection.name) ? 'process' : null;
      }
      case 'importedMethod': {
        const { path } = selection.recv;
        if (path === 'testing') return testExits.has(selection.name) ? 'goroutine' : null;
        return path !== '' && fatalMethods.has(selection.name) ? 'process' : null;
      }
      case 'method':
        return this.endingOfDecl(selection.decl);
      default:
        return null;
    }
  }

  /** How a function ends that does not return on any path, such as a package's own `fatal(err)`; null where it may return. Loops for ever do return, in this sense. */
  endingOfDecl(decl: ast.FuncDecl): Ending | null {
    const known = this.#endings.get(decl);
    if (known !== undefined) return known;
    this.#endings.set(decl, null); // recursion: assume that it returns
    if (!decl.body) return null;
    const blocks = [...reachableFrom(this.cfgOf(decl).entry)];
    const ends = blocks.filter((block) => block.exit.kind === 'never');
    if (ends.length === 0 || blocks.some((block) => block.exit.kind === 'return' || block.nodes.some(mayRecover))) return null;
    const endings = ends.map((block) => block.nodes.at(-1)).map((node) => (node?.kind === 'ExprStmt' && node.x.kind === 'CallExpr' ? this.endingOf(node.x) : null));
    const ending = endings.includes('goroutine') ? 'goroutine' : 'process';
    this.#endings.set(decl, ending);
    return ending;
  }

  /** The function or method of the package that an expression names. */
  declOf(fun: ast.Expr): ast.FuncDecl | undefined {
    if (fun.kind === 'Ident') {
      const obj = this.objectOf(fun);
      return obj?.kind === 'func' ? obj.decl : undefined;
    }
    const selection = fun.kind === 'SelectorExpr' ? this.infer.select(fun) : undefined;
    return selection?.kind === 'method' ? selection.decl : undefined;
  }

  /** The method a named type has in this package, promoted ones included. */
  methodOf(type: Type, name: string): { readonly decl: ast.FuncDecl; readonly file: ast.File; readonly path: readonly string[] } | undefined {
    const selection = this.infer.selectIn(deref(type), name);
    return selection?.kind === 'method' ? selection : undefined;
  }
}

/** Whether a deferred call may stop a panic: it asks for it, or cannot be seen. */
function mayRecover(node: ast.Stmt | ast.Expr): boolean {
  if (node.kind !== 'DeferStmt' || node.call.kind !== 'CallExpr') return false;
  if (node.call.fun.kind !== 'FuncLit') return true;
  let recovers = false;
  ast.walk(node.call.fun.body, (inner) => {
    recovers ||= inner.kind === 'Ident' && inner.name === 'recover';
    return !recovers;
  });
  return recovers;
}

/** `Name` or `Type.Name`. */
export function displayName(decl: ast.FuncDecl): string {
  return decl.owner === null || decl.owner === '' ? decl.name.name : `${decl.owner}.${decl.name.name}`;
}
