import type * as ast from './ast.ts';
import { buildCfg, reachableFrom, type Cfg } from './cfg.ts';
import { Inference, receiverName } from './infer.ts';
import { fatalMethods, goroutineExits, processExits, testExits } from './knowledge.ts';
import { Scopes, type FuncNode, type Obj } from './scope.ts';
import { deref, type Type } from './type.ts';

/** How a call ends, where it does not come back: with the process, with its goroutine, or by a panic. */
export type Ending = 'process' | 'goroutine' | 'panic';

/** One Go package as the analysis sees it: its files (test files of the same package too), resolved and typed as far as they say. */
export class GoPackage {
  readonly directory: string;
  readonly name: string;
  readonly files: readonly ast.File[];
  /** The language version that governs timers and loop variables, as [major, minor]. */
  readonly goVersion: GoVersion;
  readonly scopes: Scopes;
  readonly infer: Inference;
  readonly #fileOf = new Map<FuncNode, ast.File>();
  readonly #cfgs = new Map<FuncNode, Cfg>();
  readonly #returns = new Map<ast.FuncDecl, boolean>();

  constructor(directory: string, files: readonly ast.File[], goVersion: GoVersion) {
    this.directory = directory;
    this.name = files[0]?.packageName ?? '';
    this.files = files;
    this.goVersion = goVersion;
    this.scopes = new Scopes(files);
    this.infer = new Inference(this.scopes, files);
    for (const file of files) for (const decl of file.funcs) this.#fileOf.set(decl, file);
  }

  /** Every function declaration with its file. */
  *funcs(): Generator<{ readonly decl: ast.FuncDecl; readonly file: ast.File }> {
    for (const file of this.files) for (const decl of file.funcs) yield { decl, file };
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
      return obj?.kind === 'func' && !this.#canReturn(obj.decl) ? 'process' : null;
    }
    if (fun.kind !== 'SelectorExpr') return null;
    const selection = this.infer.select(fun);
    if (selection === undefined) return fatalMethods.has(fun.sel.name) ? 'process' : null;
    switch (selection.kind) {
      case 'imported': {
        const key = `${selection.path}.${selection.name}`;
        return goroutineExits.has(key) ? 'goroutine' : processExits.has(key) ? 'process' : null;
      }
      case 'importedMethod': {
        const { path } = selection.recv;
        if (path === 'testing') return testExits.has(selection.name) ? 'goroutine' : null;
        return path !== '' && fatalMethods.has(selection.name) ? 'process' : null;
      }
      default:
        return null;
    }
  }

  /** Whether a function ends in the process's end or a panic on every path, such as a package's own `fatal(err)`. Loops for ever do return, in this sense. */
  #canReturn(decl: ast.FuncDecl): boolean {
    const known = this.#returns.get(decl);
    if (known !== undefined) return known;
    this.#returns.set(decl, true); // recursion: assume that it does
    if (!decl.body) return true;
    const blocks = [...reachableFrom(this.cfgOf(decl).entry)];
    const returns = blocks.some((block) => block.exit.kind === 'return') || !blocks.some((block) => block.exit.kind === 'never');
    this.#returns.set(decl, returns);
    return returns;
  }

  /** The method a named type has in this package, promoted ones included. */
  methodOf(type: Type, name: string): { readonly decl: ast.FuncDecl; readonly file: ast.File; readonly path: readonly string[] } | undefined {
    const selection = this.infer.selectIn(deref(type), name);
    return selection?.kind === 'method' ? selection : undefined;
  }
}

export type GoVersion = readonly [major: number, minor: number];

/** Whether a version is at least `major.minor`. */
export function atLeast(version: GoVersion, major: number, minor: number): boolean {
  return version[0] > major || (version[0] === major && version[1] >= minor);
}

/** What is taken for granted where no go.mod says otherwise: the semantics of the Go that is current. */
export const defaultGoVersion: GoVersion = [1, 26];

/** The `go` line of a go.mod; the default where there is none (Go itself reads such a file as go 1.16). */
export function goVersionOf(goMod: string): GoVersion {
  const found = /^\s*go\s+(\d+)\.(\d+)/mu.exec(goMod);
  return found ? [Number(found[1]), Number(found[2])] : [1, 16];
}

/** `Name` or `Type.Name`. */
export function displayName(decl: ast.FuncDecl): string {
  const owner = decl.recv ? receiverName(decl.recv.type) : undefined;
  return owner === undefined ? decl.name.name : `${owner}.${decl.name.name}`;
}
