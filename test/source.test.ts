import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openDirectories, ScanPathError } from '../src/source/directory.ts';
import { maxFileBytes } from '../src/source/file-text.ts';
import { GitMissingError, MissingObjectError, NoMergeBaseError, NotARepositoryError, UnknownRevisionError } from '../src/source/git-errors.ts';
import { openGit, type GitSource } from '../src/source/git.ts';
import { memorySource } from '../src/source/memory.ts';
import type { FileText } from '../src/source/source.ts';
import type { Tree, TreePackage } from '../src/source/tree.ts';
import { GitRepository } from './support/git-repository.ts';

const temporary = mkdtempSync(join(tmpdir(), 'goleash-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const text = (content: string): FileText => ({ kind: 'text', text: content });
const unreadable = (why: string): unknown => ({ kind: 'unreadable', why });

describe('a local git repository', () => {
  const repository = new GitRepository();
  afterAll(() => repository[Symbol.dispose]());
  const root = repository.commit('root', { 'a.go': 'one\n', 'pkg/b.go': 'two\n', 'pkg/sub/c.go': 'three\n', 'go.mod': 'module m\n', 'README.md': 'x\n' });
  const main = repository.commit('main', { 'a.go': 'one, later\n', 'pkg/b.go': 'two\n', 'go.mod': 'module m\n' }, root);
  const feature = repository.commit('feature', { 'a.go': 'one\n', 'pkg/b.go': 'two\nmore\n', 'pkg/sub/c.go': 'three\n', 'go.mod': 'module m\n\ngo 1.23\n', 'README.md': 'y\n' }, root);
  const orphan = repository.commit('orphan', { 'a.go': 'alone\n' });

  const open = async (base: string, head: string, twoDot = false): Promise<GitSource> => openGit(repository.directory, { base, head, twoDot });

  test('is compared from the merge base, as GitHub does', async () => {
    await using source = await open('main', 'feature');
    expect(source.commits).toEqual({ base: root, head: feature });
    expect((await source.diff()).map((change) => change.path)).toEqual(['go.mod', 'pkg/b.go']);
    expect(await source.texts('base', ['a.go'])).toEqual(new Map([['a.go', text('one\n')]]));
  });

  test('is compared as given with two dots', async () => {
    await using source = await open('main', 'feature', true);
    expect(source.commits).toEqual({ base: main, head: feature });
    expect((await source.diff()).map((change) => change.path)).toEqual(['a.go', 'go.mod', 'pkg/b.go', 'pkg/sub/c.go']);
  });

  test('shows the hunks of a file', async () => {
    await using source = await open(root, feature);
    const change = (await source.diff()).find((it) => it.path === 'pkg/b.go');
    expect(change).toEqual({
      path: 'pkg/b.go',
      previousPath: null,
      status: 'modified',
      hunks: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 2, lines: [{ oldLine: 1, newLine: 1, text: 'two' }, { oldLine: null, newLine: 2, text: 'more' }] }],
    });
  });

  test('lists regular files of directories, not subdirectories', async () => {
    await using source = await open(root, feature);
    const listing = await source.directories('head', ['', 'pkg', 'pkg/sub', 'nowhere', 'a.go', 'pkg/nowhere']);
    const names = [...listing].map(([directory, entries]) => [directory, entries.map((entry) => entry.name)]);
    expect(names).toEqual([['', ['README.md', 'a.go', 'go.mod']], ['pkg', ['b.go']], ['pkg/sub', ['c.go']], ['nowhere', []], ['a.go', []], ['pkg/nowhere', []]]);
  });

  test('says of every asked path whether it can be read', async () => {
    const files = {
      'bom.go': '\ufeffpackage a\r\n',
      'empty.go': '',
      'binary.go': Buffer.from('a\0b'),
      'latin1.go': Buffer.from([0x63, 0xe9]),
      'link.go': { symlink: 'bom.go' },
      'module.go': { submodule: '1'.repeat(40) },
      'huge.go': 'x'.repeat(maxFileBytes + 1),
      'largest.go': 'x'.repeat(maxFileBytes),
      'caf\u00e9/line\nbreak \t"\\.go': 'odd\n',
      'directory/x.go': 'x\n',
    };
    repository.commit('kinds', files);
    await using source = await open('kinds', 'kinds');
    const texts = await source.texts('head', [...Object.keys(files), 'absent.go', 'directory', 'bom.go/x.go']);
    expect(Object.fromEntries(texts)).toEqual({
      'bom.go': text('\ufeffpackage a\r\n'),
      'empty.go': text(''),
      'binary.go': unreadable('binary'),
      'latin1.go': unreadable('not-utf8'),
      'link.go': unreadable('symlink'),
      'module.go': unreadable('submodule'),
      'huge.go': unreadable('too-large'),
      'largest.go': text('x'.repeat(maxFileBytes)),
      'caf\u00e9/line\nbreak \t"\\.go': text('odd\n'),
      'directory/x.go': text('x\n'),
      'absent.go': unreadable('absent'),
      directory: unreadable('absent'),
      'bom.go/x.go': unreadable('absent'),
    });
    const names = (await source.directories('head', [''])).get('')?.map((entry) => entry.name);
    expect(names).not.toContain('link.go');
    expect(names).not.toContain('module.go');
  });

  test('keeps answers apart when many are asked at once', async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`d${index % 7}/f${index}.go`, `${index}\n`.repeat(index)]));
    repository.commit('many', files);
    await using source = await open('many', 'many');
    const batches = await Promise.all(Array.from({ length: 5 }, async () => source.texts('head', Object.keys(files))));
    for (const texts of batches) expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, text(content)])));
  });

  test('takes any name of a commit', async () => {
    repository.git('tag', '-f', '-a', '-m', 'annotated', 'v1', feature);
    for (const head of ['feature', 'refs/heads/feature', feature, feature.slice(0, 10), 'v1', 'feature~0', 'feature^0']) {
      await using source = await open(root, head);
      expect(source.commits.head).toBe(feature);
    }
  });

  test.each(['--all', '-h', '--output=/tmp/x', 'nowhere', '', ' ', 'main\nmain', 'main main', 'HEAD:a.go', `${root}:pkg`, '^main', 'main..feature'])('does not know the revision %j', async (revision) => {
    await expect(open(revision, 'main')).rejects.toThrow(UnknownRevisionError);
    await expect(open('main', revision)).rejects.toThrow(UnknownRevisionError);
  });

  test('needs a common ancestor, or two dots', async () => {
    await expect(open('main', 'orphan')).rejects.toThrow(NoMergeBaseError);
    await using source = await open('main', 'orphan', true);
    expect(source.commits.head).toBe(orphan);
  });

  test('says that a shallow clone lacks history', async () => {
    const clone = join(temporary, 'shallow.git');
    execFileSync('git', ['clone', '--quiet', '--bare', '--depth=1', '--no-single-branch', `file://${repository.directory}`, clone]);
    await expect(openGit(clone, { base: 'main', head: 'feature', twoDot: false })).rejects.toThrow(/--unshallow/);
  });

  test('says that a partial clone lacks files, and fetches nothing', async () => {
    repository.git('config', 'uploadpack.allowFilter', 'true');
    const clone = join(temporary, 'partial.git');
    execFileSync('git', ['clone', '--quiet', '--bare', '--filter=blob:none', `file://${repository.directory}`, clone]);
    await using source = await openGit(clone, { base: 'main', head: 'feature', twoDot: false });
    await expect(source.texts('head', ['a.go'])).rejects.toThrow(MissingObjectError);
    await expect(source.diff()).rejects.toThrow(MissingObjectError);
  });

  test('must be one', async () => {
    const options = { base: 'main', head: 'main', twoDot: false };
    await expect(openGit(temporary, options)).rejects.toThrow(NotARepositoryError);
    await expect(openGit(join(temporary, 'nowhere'), options)).rejects.toThrow(NotARepositoryError);
    await expect(openGit(repository.directory, { ...options, environment: { PATH: temporary } })).rejects.toThrow(GitMissingError);
  });

  test('may be a linked worktree, a directory in a work tree, and its .git', async () => {
    const clone = join(temporary, 'clone');
    execFileSync('git', ['clone', '--quiet', repository.directory, clone, '--branch', 'main']);
    execFileSync('git', ['-C', clone, 'worktree', 'add', '--quiet', join(temporary, 'linked'), 'origin/feature']);
    for (const place of [clone, join(clone, 'pkg'), join(clone, '.git'), join(temporary, 'linked')]) {
      await using source = await openGit(place, { base: 'origin/main', head: 'origin/feature', twoDot: false });
      expect((await source.diff()).map((change) => change.path)).toEqual(['go.mod', 'pkg/b.go']);
      expect((await source.texts('head', ['a.go'])).get('a.go')).toEqual(text('one\n'));
    }
  });

  test('may use SHA-256', async () => {
    using other = new GitRepository('--object-format=sha256');
    const base = other.commit('base', { 'p/a.go': 'a\n' });
    other.commit('head', { 'p/a.go': 'b\n' }, base);
    await using source = await openGit(other.directory, { base: 'base', head: 'head', twoDot: false });
    expect(await source.diff()).toHaveLength(1);
    expect((await source.texts('head', ['p/a.go'])).get('p/a.go')).toEqual(text('b\n'));
  });

  test('answers alike whatever its configuration, its attributes and the environment say', async () => {
    using other = new GitRepository();
    const base = other.commit('base', { 'pkg/\u00e9.go': 'a\nb\nc\nd\n', 'old.go': '1\n2\n3\n4\n' });
    other.commit('head', { 'pkg/\u00e9.go': 'a\nB\nc\nd\n', 'new.go': '1\n2\n3\n4\n' }, base);
    const read = async (environment: Readonly<Record<string, string>>): Promise<unknown> => {
      await using source = await openGit(other.directory, { base: 'base', head: 'head', twoDot: false, environment });
      return await source.diff();
    };
    const PATH = '/usr/local/bin:/usr/bin:/bin';
    const before = await read({ PATH });
    const settings = {
      'diff.noprefix': 'true', 'diff.mnemonicPrefix': 'true', 'diff.renames': 'false', 'diff.context': '0', 'diff.external': 'false', 'diff.relative': 'true',
      'diff.go.textconv': 'false', 'diff.go.binary': 'true', 'diff.suppressBlankEmpty': 'true', 'diff.renameLimit': '1', 'color.ui': 'always', 'color.diff': 'always',
      'core.quotePath': 'false', 'core.attributesFile': join(other.directory, 'attributes'), 'core.bigFileThreshold': '1', 'diff.algorithm': 'patience', 'core.pager': 'false',
    };
    for (const [name, value] of Object.entries(settings)) other.git('config', name, value);
    writeFileSync(join(other.directory, 'attributes'), '*.go diff=go\n');
    mkdirSync(join(other.directory, 'info'), { recursive: true });
    writeFileSync(join(other.directory, 'info', 'attributes'), '*.go -diff diff=go\n');
    other.git('replace', 'head', 'base');
    const hostile = { PATH, GIT_DIR: temporary, GIT_WORK_TREE: temporary, GIT_EXTERNAL_DIFF: 'false', GIT_DIFF_OPTS: '-u0', GIT_LITERAL_PATHSPECS: '1', LC_ALL: 'zh_CN.UTF-8' };
    expect(await read(hostile)).toEqual(before);
    expect(before).toMatchObject([
      { path: 'new.go', previousPath: 'old.go', status: 'renamed', hunks: [] },
      { path: 'pkg/\u00e9.go', status: 'modified' },
    ]);
  });

  test('tells binary files from texts in its diff', async () => {
    using other = new GitRepository();
    const base = other.commit('base', { 'a.go': Buffer.from('a\0\n'), 'b.go': 'b\n' });
    other.commit('head', { 'a.go': Buffer.from('b\0\n'), 'b.go': Buffer.from([0xe9, 0x0a]) }, base);
    await using source = await openGit(other.directory, { base: 'base', head: 'head', twoDot: false });
    expect(await source.diff()).toMatchObject([{ path: 'a.go', hunks: null }, { path: 'b.go', hunks: [{ newLines: 1 }] }]);
  });
});

describe('a change in memory', () => {
  const source = memorySource({
    base: { 'a.go': 'a\nb\n', 'gone.go': 'x', 'same.go': 'same', 'p/q/r.go': '' },
    head: { 'a.go': 'a\nc\n', 'new.go': 'y\n', 'same.go': 'same', 'p/q/r.go': '', 'p/s.go': { kind: 'unreadable', why: 'binary' } },
  });

  test('computes its diff', async () => {
    expect((await source.diff()).map(({ path, status, hunks }) => [path, status, hunks?.length ?? null])).toEqual([
      ['a.go', 'modified', 1],
      ['gone.go', 'removed', 1],
      ['new.go', 'added', 1],
      ['p/s.go', 'added', null],
    ]);
  });

  test('gives texts and lists directories', async () => {
    const texts = await source.texts('head', ['a.go', 'gone.go', 'p/s.go', 'toString']);
    expect([...texts.values()]).toEqual([text('a\nc\n'), unreadable('absent'), unreadable('binary'), unreadable('absent')]);
    expect(Object.fromEntries(await source.directories('head', ['', 'p', 'p/q', 'x']))).toEqual({
      '': [{ name: 'a.go', bytes: 4 }, { name: 'new.go', bytes: 2 }, { name: 'same.go', bytes: 4 }],
      p: [{ name: 's.go', bytes: null }],
      'p/q': [{ name: 'r.go', bytes: 0 }],
      x: [],
    });
  });
});

describe('directories on disk', () => {
  const root = join(temporary, 'tree');
  const files = [
    'go.mod', 'main.go', 'README.md', 'a/a.go', 'a/a_test.go', 'a/b/c/d.go', 'a/go.mod', 'vendor/v/v.go', 'a/testdata/t.go', 'a/testdata/deep/u.go',
    'node_modules/n.go', '.git/g.go', 'empty/none.txt',
  ];
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), `${file}\n`);
  }
  symlinkSync('..', join(root, 'a', 'loop'));
  symlinkSync('a.go', join(root, 'a', 'link.go'));

  const listed = async (tree: Tree): Promise<readonly TreePackage[]> => {
    const packages: TreePackage[] = [];
    for await (const found of tree.packages()) packages.push(found);
    return packages;
  };
  const shape = (packages: readonly TreePackage[]): Readonly<Record<string, readonly string[]>> =>
    Object.fromEntries(packages.map(({ directory, files: found }) => [directory.replace(root, 'ROOT'), found.map((file) => file.path.replace(root, 'ROOT'))]));

  test('are read package by package, without other people\u2019s code and without following links', async () => {
    const packages = await listed(await openDirectories([root]));
    expect(shape(packages)).toEqual({ ROOT: ['ROOT/main.go'], 'ROOT/a': ['ROOT/a/a.go', 'ROOT/a/a_test.go', 'ROOT/a/link.go'], 'ROOT/a/b/c': ['ROOT/a/b/c/d.go'] });
    expect(packages[1]?.files.map((file) => file.text)).toEqual([text('a/a.go\n'), text('a/a_test.go\n'), unreadable('symlink')]);
  });

  test('are read whatever their name where it is given', async () => {
    expect(shape(await listed(await openDirectories([join(root, 'vendor'), join(root, 'a/testdata')])))).toEqual({
      'ROOT/vendor/v': ['ROOT/vendor/v/v.go'],
      'ROOT/a/testdata': ['ROOT/a/testdata/t.go'],
      'ROOT/a/testdata/deep': ['ROOT/a/testdata/deep/u.go'],
    });
  });

  test('are read once however often they are given', async () => {
    const packages = await listed(await openDirectories([join(root, 'a'), root, join(root, 'a', 'loop'), join(root, 'a/a.go')]));
    expect(packages.map((it) => it.directory.replace(root, 'ROOT'))).toEqual(['ROOT/a', 'ROOT/a/b/c', 'ROOT']);
  });

  test('come with a file\u2019s whole package, but only the file was asked for', async () => {
    const tree = await openDirectories([join(root, 'a/a.go')]);
    expect(shape(await listed(tree))).toEqual({ 'ROOT/a': ['ROOT/a/a.go', 'ROOT/a/a_test.go', 'ROOT/a/link.go'] });
    expect([tree.asked(join(root, 'a/a.go')), tree.asked(join(root, 'a/a_test.go'))]).toEqual([true, false]);
  });

  test('ask for every file in them', async () => {
    const tree = await openDirectories([root]);
    await listed(tree);
    expect(tree.asked(join(root, 'a/b/c/d.go'))).toBe(true);
  });

  test('are named as the user named them', async () => {
    const here = process.cwd();
    process.chdir(root);
    try {
      for (const [given, expected] of [['.', ['.', 'a', 'a/b/c']], ['./...', ['.', 'a', 'a/b/c']], ['...', ['.', 'a', 'a/b/c']], ['a/', ['a', 'a/b/c']], ['./a/b/...', ['a/b/c']], ['../tree/a/b', ['../tree/a/b/c']]] as const) {
        const packages = await listed(await openDirectories([given]));
        expect(packages.map((it) => it.directory)).toEqual(expected);
      }
      const tree = await openDirectories(['a']);
      expect(await tree.goMod('a/b/c')).toEqual({ path: 'a/go.mod', text: text('a/go.mod\n') });
      expect(await tree.goMod('.')).toEqual({ path: 'go.mod', text: text('go.mod\n') });
      process.chdir('a/b');
      expect(await tree.goMod('.')).toEqual({ path: '../go.mod', text: text('a/go.mod\n') });
      expect((await tree.goMod('../../empty'))?.path).toBe('../../go.mod');
    } finally {
      process.chdir(here);
    }
  });

  test('have no go.mod where there is none above either', async () => {
    const tree = await openDirectories([root]);
    expect(await tree.goMod(temporary)).toBeNull();
  });

  test.each(['nowhere', 'README.md', 'main.go/x'])('are refused: %s', async (path) => {
    await expect(openDirectories([join(root, path)])).rejects.toThrow(ScanPathError);
  });
});
