import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/** One import, re-export or dynamic import, with its target as a path from the repository's root where it is one of our files. */
interface Import {
  readonly from: string;
  readonly to: string;
  readonly isOurs: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const root = dirname(import.meta.dirname);
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => posix.join('src', path.replaceAll('\\', '/')))
  .filter((path) => path.endsWith('.ts'))
  .map((path): SourceFile => {
    const text = readFileSync(join(root, path), 'utf8');
    const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }): Import => {
      const isOurs = fileName.startsWith('.');
      return { from: path, to: isOurs ? posix.join(dirname(path), fileName) : fileName, isOurs };
    });
    return { path, text, imports };
  });
const imports = files.flatMap((file) => file.imports);

/** Fails with one sentence per offence: which file to edit, what is wrong with it, and why that matters. */
function forbid(offences: readonly Import[], why: string): void {
  expect(offences.map(({ from, to }) => `${from} imports ${to}. ${why} Edit ${from}.`)).toEqual([]);
}

const isPackage = (it: Import, name: string): boolean => !it.isOurs && (it.to === name || it.to.startsWith(`${name}/`));

describe('the import law', () => {
  test('reads every file', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(imports.some((it) => it.from === 'src/diff.ts' && it.to === 'parse-diff')).toBe(true);
  });

  test('src/go stands on its own', () => {
    const parserNeeds = ['web-tree-sitter', 'node:module', 'node:fs', 'node:fs/promises', 'node:url'];
    forbid(
      imports.filter((it) => it.from.startsWith('src/go/') && !it.to.startsWith('src/go/') && !(it.from === 'src/go/parse.ts' && parserNeeds.includes(it.to))),
      'The Go front end knows Go and nothing else, and only src/go/parse.ts knows how it is parsed.',
    );
  });

  test('only src/go/parse.ts knows web-tree-sitter', () => {
    forbid(
      imports.filter((it) => isPackage(it, 'web-tree-sitter') && it.from !== 'src/go/parse.ts'),
      'No tree leaves the function that made it, or its memory is never freed: use the model of src/go.',
    );
  });

  test('src/leaks sees the model of Go, findings, edits and words', () => {
    forbid(
      imports.filter((it) => it.from.startsWith('src/leaks/') && !/^(src\/(leaks\/.*|go\/.*|finding\.ts|words\.ts|apply-edits\.ts)|node:crypto)$/.test(it.to)),
      'A rule is a question to facts: it reads no file, knows no host, and uses no library.',
    );
  });

  test('only src/app.ts and src/index.ts know Probot', () => {
    forbid(
      imports.filter((it) => isPackage(it, 'probot') && !['src/app.ts', 'src/index.ts'].includes(it.from)),
      'Everything else must work in the CLI and in tests without a server.',
    );
  });

  test('only src/github and src/app.ts know Octokit', () => {
    forbid(
      imports.filter((it) => !it.isOurs && it.to.startsWith('@octokit/') && !it.from.startsWith('src/github/') && it.from !== 'src/app.ts'),
      'What speaks to GitHub lives in one folder, where retries and limits are obeyed.',
    );
  });

  test('only src/index.ts and src/cli.ts read the process', () => {
    const readers = files.filter(({ path, text }) => !['src/index.ts', 'src/cli.ts'].includes(path) && readsProcess(text));
    expect(readers.map(({ path }) => `${path} reads the environment or the arguments. What a function depends on is handed to it: pass it from src/index.ts or src/cli.ts. Edit ${path}.`)).toEqual([]);
  });

  test('nothing imports in a circle', () => {
    expect(circles().map((circle) => `${circle.join(' → ')}. Files that need each other cannot be read one at a time: move what both need into a third.`)).toEqual([]);
  });

  test('no file is named after nothing', () => {
    const vague = files.filter(({ path }) => path.split('/').some((part) => /^(utils?|helpers?|types|constants?|common|misc)$/.test(basename(part, '.ts'))));
    expect(vague.map(({ path }) => `${path} does not say what is in it. Name it after what it exports, or move that to where it is used.`)).toEqual([]);
  });

  test('src imports nothing from outside of it', () => {
    forbid(
      imports.filter((it) => it.isOurs && !it.to.startsWith('src/')),
      'The product is built from src alone; tests, fixtures and scripts are not shipped.',
    );
  });
});

/** Whether code, not a comment or a string, reads `process.env` or `process.argv`. */
function readsProcess(text: string): boolean {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest);
  const reads = (node: ts.Node): boolean => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'process' && ['env', 'argv'].includes(node.name.text)) return true;
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && /^(node:)?process$/.test(node.moduleSpecifier.text)) return true;
    return ts.forEachChild(node, reads) ?? false;
  };
  return reads(source);
}

/** Every way of imports that comes back to where it began, found by depth-first search; imports of types count. */
function circles(): readonly (readonly string[])[] {
  const targets = new Map(files.map((file) => [file.path, file.imports.filter((it) => it.isOurs).map((it) => it.to)]));
  const done = new Set<string>();
  const found: string[][] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) found.push([...way.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return found;
}
