import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byPlatform } from '../../src/go-files.ts';
import { childrenOf, lineAt, textOf, type File, type Ident, type Node } from '../../src/go/ast.ts';
import { reachableFrom } from '../../src/go/cfg.ts';
import { defaultModule } from '../../src/go/module.ts';
import { GoPackage } from '../../src/go/package.ts';
import type { ParseFile } from '../../src/go/parse.ts';
import type { FuncNode } from '../../src/go/scope.ts';
import { deref } from '../../src/go/type.ts';
import { byteOffsets } from './byte-offsets.ts';
import { matches, notation, waits } from './notation.ts';
import { key, positionsOf, type Placed, type Positions } from './positions.ts';
import { Tally, type Measure } from './tally.ts';
import { identClasses, type FileTruth, type Unit } from './unit.ts';

/** The measure each class of identifiers counts for. */
const measureOf = {
  local: 'local identifiers',
  package: 'package-level identifiers',
  imported: 'package-level identifiers',
  packageName: 'package-level identifiers',
  universal: 'package-level identifiers',
  member: 'fields and methods',
  importedMember: 'members of other packages',
} as const satisfies Record<(typeof identClasses)[number], Measure>;

/** Holds the front end against what Go says of one package. All files of the directory are read, as a review reads them, whatever they are built for. */
export async function compare(unit: Unit, parse: ParseFile): Promise<Tally> {
  const files = await filesOf(unit, parse);
  const tally = new Tally();
  tally.packages = 1;
  tally.files = unit.Files.length;
  const pkg = new GoPackage(unit.Dir, [...files.values()].sort(byPlatform), defaultModule);
  const comparison = new Comparison(unit, pkg, files, tally);
  for (const truth of unit.Files) comparison.file(truth);
  return tally;
}

async function filesOf(unit: Unit, parse: ParseFile): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  for (const name of (await readdir(unit.Dir)).filter((one) => one.endsWith('.go')).sort()) {
    const file = parse(name, await readFile(join(unit.Dir, name), 'utf8'));
    if (file.packageName === unit.Name) files.set(name, file);
  }
  return files;
}

class Comparison {
  readonly #unit: Unit;
  readonly #pkg: GoPackage;
  readonly #files: ReadonlyMap<string, File>;
  readonly #tally: Tally;
  readonly #positions = new Map<string, Positions>();
  readonly #fileOf = new Map<Ident, File>();
  readonly #offsets = new Map<string, (byte: number) => number>();

  constructor(unit: Unit, pkg: GoPackage, files: ReadonlyMap<string, File>, tally: Tally) {
    this.#unit = unit;
    this.#pkg = pkg;
    this.#files = files;
    this.#tally = tally;
    for (const [name, file] of files) {
      const positions = positionsOf(file);
      this.#positions.set(name, positions);
      for (const { ident } of positions.idents.values()) this.#fileOf.set(ident, file);
    }
  }

  file(truth: FileTruth): void {
    const file = this.#files.get(truth.Name);
    const positions = this.#positions.get(truth.Name);
    if (!file || !positions) throw new Error(`${this.#unit.Dir}/${truth.Name}: Go reads it, we do not`);
    this.#idents(truth, file, positions);
    this.#types(truth, file, positions);
    this.#flow(truth, file, positions);
  }

  #at(name: string, byte: number): number {
    let offsets = this.#offsets.get(name);
    if (!offsets) {
      offsets = byteOffsets(this.#files.get(name)?.text ?? '');
      this.#offsets.set(name, offsets);
    }
    return offsets(byte);
  }

  #note(measure: Measure, file: File, pos: number, ours: string | null, theirs: string, agrees: boolean): void {
    this.#tally.note(measure, agrees, ours, () => {
      const line = lineAt(file, pos);
      return { measure, path: join(this.#unit.Dir, file.path), line, text: textOf(file, { pos: file.lineStarts[line - 1] ?? 0, end: (file.lineStarts[line] ?? file.text.length + 1) - 1 }).trim(), ours: ours ?? 'unknown', theirs };
    });
  }

  #idents(truth: FileTruth, file: File, positions: Positions): void {
    for (let i = 0; i < truth.Idents.length; i += 4) {
      const [byte = 0, classNumber = 0, a = 0, b = 0] = truth.Idents.slice(i, i + 4);
      const kind = identClasses[classNumber];
      if (!kind) throw new Error(`class ${classNumber}`);
      const pos = this.#at(truth.Name, byte);
      const theirs = this.#theirs(kind, a, b);
      const itself = `${truth.Name}:${pos}`;
      const placed = positions.idents.get(pos);
      if (!placed) {
        this.#note(measureOf[kind], file, pos, null, theirs, false);
        continue;
      }
      const ours = this.#ours(placed, file);
      if (theirs === itself && (ours === itself || placed.declares)) continue; // a declaration of itself says nothing
      this.#note(measureOf[kind], file, pos, ours, `${placed.ident.name} ${theirs}`, ours === theirs);
      if (kind === 'imported' && positions.calls.has(pos)) this.#note('imported calls', file, pos, ours, theirs, ours === theirs);
    }
  }

  #theirs(kind: (typeof identClasses)[number], a: number, b: number): string {
    switch (kind) {
      case 'local':
      case 'package':
      case 'member': {
        const name = this.#unit.Files[a]?.Name ?? '';
        return `${name}:${this.#at(name, b)}`;
      }
      case 'importedMember':
        return `in ${unvendored(this.#unit.Names[a] ?? '')}`;
      default:
        return unvendored(this.#unit.Names[a] ?? '');
    }
  }

  #ours(placed: Placed, file: File): string | null {
    const declared = (holder: File | undefined, ident: Ident): string => `${holder?.path ?? '?'}:${ident.pos}`;
    const selection = placed.selector ? this.#pkg.infer.select(placed.selector) : placed.key ? this.#pkg.infer.keyOf(placed.key) : undefined;
    switch (selection?.kind) {
      case 'field':
        return selection.ident ? declared(this.#fileOf.get(selection.ident), selection.ident) : `in ${selection.owner?.path ?? ''}`;
      case 'method':
        return declared(selection.file, selection.decl.name);
      case 'imported':
        return `${selection.path}.${selection.name}`;
      case 'importedMethod':
        return selection.ident ? declared(this.#fileOf.get(selection.ident), selection.ident) : `in ${selection.recv.path}`;
      case undefined:
        break;
    }
    if (placed.selector) return null;
    const obj = this.#pkg.objectOf(placed.ident);
    switch (obj?.kind) {
      case 'var':
      case 'typeParam':
        return declared(obj.file, obj.ident);
      case 'func':
        return declared(obj.file, obj.decl.name);
      case 'type':
        return declared(obj.file, obj.spec.name);
      case 'package':
        return obj.path;
      case 'builtin':
        return obj.name;
      case 'imported':
        return `${obj.path}.${obj.name}`;
      case undefined:
        return placed.declares ? declared(file, placed.ident) : null;
    }
  }

  #types(truth: FileTruth, file: File, positions: Positions): void {
    const known = new Map<number, string>();
    const unclear = new Set<number>();
    for (let i = 0; i < truth.Invalid.length; i += 2) unclear.add(key(this.#at(truth.Name, truth.Invalid[i] ?? 0), this.#at(truth.Name, truth.Invalid[i + 1] ?? 0)));
    for (let i = 0; i < truth.Types.length; i += 3) {
      const pos = this.#at(truth.Name, truth.Types[i] ?? 0);
      const where = key(pos, this.#at(truth.Name, truth.Types[i + 1] ?? 0));
      const theirs = unvendored((this.#unit.Names[truth.Types[i + 2] ?? 0] ?? '').replace(/^type /u, ''));
      known.set(where, theirs);
      const expr = positions.exprs.get(where);
      const type = expr ? this.#pkg.typeOf(expr) : undefined;
      const ours = type && deref(type).kind !== 'unknown' ? notation(type) : null;
      this.#note('types of concurrency', file, pos, ours, theirs, ours !== null && matches(ours, theirs));
    }
    for (const [where, expr] of positions.exprs) {
      if (known.has(where) || unclear.has(where) || positions.idents.get(expr.pos)?.declares) continue;
      const type = this.#pkg.typeOf(expr);
      if (waits(type, this.#pkg)) this.#note('types of concurrency', file, expr.pos, notation(type), 'no type of concurrency', false);
    }
  }

  #flow(truth: FileTruth, file: File, positions: Positions): void {
    const reached = new Set<Node>();
    const visit = (node: Node): void => {
      if (node.kind === 'FuncDecl' || node.kind === 'FuncLit') this.#reach(node, reached);
      for (const child of childrenOf(node)) visit(child);
    };
    for (const root of [...file.specs, ...file.funcs]) visit(root);
    for (let i = 0; i < truth.Flow.length; i += 2) {
      const pos = this.#at(truth.Name, truth.Flow[i] ?? 0);
      const theirs = truth.Flow[i + 1] === 1 ? 'reachable' : 'dead';
      const stmt = positions.stmts.get(pos);
      const ours = stmt ? (reached.has(stmt) ? 'reachable' : 'dead') : null;
      this.#note('reachable statements', file, pos, ours, theirs, ours === theirs);
    }
  }

  #reach(func: FuncNode, reached: Set<Node>): void {
    for (const block of reachableFrom(this.#pkg.cfgOf(func).entry)) for (const node of block.nodes) reached.add(node);
  }
}

/** The standard library's copies of other modules are known to its own files under the modules' names. */
function unvendored(path: string): string {
  return path.replaceAll(/(^|[^\w/])(?:cmd\/)?vendor\//gu, '$1');
}
