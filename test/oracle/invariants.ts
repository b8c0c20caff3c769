import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { childrenOf, type File, type Node } from '../../src/go/ast.ts';
import { defaultModule } from '../../src/go/module.ts';
import { GoPackage } from '../../src/go/package.ts';
import type { ParseFile } from '../../src/go/parse.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { blockFaults, pathFaults } from './blocks.ts';
import { countTrees, type TreeCount } from './count-trees.ts';
import { reparseFault, spanFaults } from './spans.ts';

export const invariants = ['spans hold their text', 'every statement is in one block', 'every path ends', 'nothing throws'] as const;
export type Invariant = (typeof invariants)[number];

/** Files of like size, and what they cost together. */
export interface SizeClass { readonly upTo: number; files: number; bytes: number; parseMs: number; analyseMs: number; modelBytes: number; modelOf: number }

export interface InvariantReport {
  files: number;
  bytes: number;
  functions: number;
  broken: number;
  readonly checked: Record<Invariant, number>;
  readonly faults: { readonly invariant: Invariant; readonly path: string; readonly says: string }[];
  readonly trees: TreeCount;
  readonly sizes: readonly SizeClass[];
}

/** How much text of one size class is kept to weigh its model. */
const weighed = 4 << 20;

/** Checks what must hold of every Go file, right or wrong, over all files below directories; each file is taken for a package. */
export async function checkInvariants(directories: readonly string[], parse: ParseFile): Promise<InvariantReport> {
  const report: InvariantReport = {
    files: 0,
    bytes: 0,
    functions: 0,
    broken: 0,
    checked: { 'spans hold their text': 0, 'every statement is in one block': 0, 'every path ends': 0, 'nothing throws': 0 },
    faults: [],
    trees: countTrees(),
    sizes: [4, 16, 64, 256, Infinity].map((kilobytes) => ({ upTo: kilobytes * 1024, files: 0, bytes: 0, parseMs: 0, analyseMs: 0, modelBytes: 0, modelOf: 0 })),
  };
  const samples = new Map<SizeClass, { path: string; text: string }[]>();
  for (const directory of directories) {
    for await (const path of goFilesBelow(directory)) {
      const text = await readFile(path, 'utf8');
      report.files += 1;
      report.bytes += Buffer.byteLength(text);
      const size = report.sizes.find((one) => text.length <= one.upTo);
      const sample = size && (samples.get(size) ?? []);
      if (size && sample && sample.reduce((sum, one) => sum + one.text.length, text.length) <= weighed) samples.set(size, [...sample, { path, text }]);
      check(path, text, parse, report, size);
    }
  }
  for (const [size, files] of samples) weigh(files, parse, size);
  return report;
}

function check(path: string, text: string, parse: ParseFile, report: InvariantReport, size: SizeClass | undefined): void {
  const fault = (invariant: Invariant, says: string): void => {
    report.faults.push({ invariant, path, says });
  };
  report.checked['nothing throws'] += 1;
  try {
    const started = performance.now();
    const file = parse(path, text);
    const parsed = performance.now();
    const pkg = analyse(file);
    if (size) {
      size.files += 1;
      size.bytes += Buffer.byteLength(text);
      size.parseMs += parsed - started;
      size.analyseMs += performance.now() - parsed;
    }
    checkFile(file, pkg, parse, report, fault);
  } catch (error) {
    fault('nothing throws', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** All that the front end can be asked. */
function analyse(file: File): GoPackage {
  const pkg = new GoPackage('', [file], defaultModule);
  const visit = (node: Node): void => {
    if (node.kind === 'FuncDecl' || node.kind === 'FuncLit') pkg.cfgOf(node);
    if (node.kind === 'SelectorExpr') pkg.infer.select(node);
    if (node.kind === 'Ident' || node.kind === 'CallExpr' || node.kind === 'SelectorExpr' || node.kind === 'UnaryExpr' || node.kind === 'IndexExpr') pkg.typeOf(node);
    for (const child of childrenOf(node)) visit(child);
  };
  for (const root of [...file.specs, ...file.funcs]) visit(root);
  return pkg;
}

function checkFile(file: File, pkg: GoPackage, parse: ParseFile, report: InvariantReport, fault: (invariant: Invariant, says: string) => void): void {
  // Literals of variables are parts of the declarations of those.
  const funcs = file.funcs.filter(({ isLiteral }) => !isLiteral);
  for (const root of [...file.specs, ...funcs]) {
    report.checked['spans hold their text'] += 1;
    for (const says of spanFaults(file, root)) fault('spans hold their text', says);
    const visit = (node: Node): void => {
      if (node.kind === 'FuncDecl' || node.kind === 'FuncLit') {
        const cfg = pkg.cfgOf(node);
        report.checked['every statement is in one block'] += 1;
        for (const says of blockFaults(node, cfg)) fault('every statement is in one block', says);
        report.checked['every path ends'] += 1;
        for (const says of pathFaults(cfg, pkg)) fault('every path ends', says);
      }
      for (const child of childrenOf(node)) visit(child);
    };
    visit(root);
  }
  for (const decl of funcs) {
    report.functions += 1;
    if (decl.broken) report.broken += 1;
    // Where the file has an error outside of functions, where a function ends is a guess.
    if (decl.broken || file.broken) continue;
    const clause = 'package p\n';
    const says = reparseFault(decl, parse('alone.go', clause + file.text.slice(decl.pos, decl.end)).funcs[0], decl.pos - clause.length);
    if (says !== null) fault('spans hold their text', `${decl.name.name}: ${says}`);
  }
}

/** Weighs what the files' models keep of the heap, the collector run before and after. */
function weigh(files: readonly { readonly path: string; readonly text: string }[], parse: ParseFile, size: SizeClass): void {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = files.flatMap(({ path, text }) => {
    try {
      return [analyse(parse(path, text))];
    } catch {
      return []; // was noted when it was checked
    }
  });
  collectGarbage();
  size.modelBytes = process.memoryUsage().heapUsed - before;
  size.modelOf = kept.reduce((sum, pkg) => sum + pkg.files.reduce((length, file) => length + file.text.length, 0), 0);
}

async function* goFilesBelow(path: string): AsyncGenerator<string> {
  if ((await stat(path)).isFile()) {
    yield path;
    return;
  }
  for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules') yield* goFilesBelow(join(path, entry.name));
    else if (entry.isFile() && entry.name.endsWith('.go')) yield join(path, entry.name);
  }
}

/** The figures as Markdown tables. */
export function invariantTables(report: InvariantReport): string {
  const rate = (part: number, whole: number): string => (whole === 0 ? '–' : (part / (whole / 2 ** 20)).toFixed(0));
  return [
    `${report.files} files, ${(report.bytes / 2 ** 20).toFixed(1)} MB, ${report.functions} functions, ${report.broken} of them with a syntax error`,
    '',
    '| invariant | checked | broken |',
    '| --- | ---: | ---: |',
    ...invariants.map((invariant) => `| ${invariant} | ${report.checked[invariant]} | ${report.faults.filter((one) => one.invariant === invariant).length} |`),
    `| no tree is kept | ${report.trees.made} | ${report.trees.made - report.trees.deleted} |`,
    '',
    '| files up to | files | MB | parse, ms/MB | scope, types and graphs, ms/MB | memory, MB/MB |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...report.sizes.map((size) => `| ${size.upTo === Infinity ? 'any size' : `${size.upTo / 1024} KB`} | ${size.files} | ${(size.bytes / 2 ** 20).toFixed(1)} | ${rate(size.parseMs, size.bytes)} | ${rate(size.analyseMs, size.bytes)} | ${size.modelOf === 0 ? '–' : (size.modelBytes / size.modelOf).toFixed(0)} |`),
  ].join('\n');
}
