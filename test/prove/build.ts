import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Variant } from './fixes.ts';
import type { Group } from './fixtures.ts';
import type { FixtureFile } from './source.ts';
import { go, type Toolchain } from './toolchain.ts';

const moduleName = 'goleash.example/fixtures';
const harness = join(import.meta.dirname, 'harness', 'main.go');

/** One package inside the temporary module. */
export interface Package {
  /** Its folder in the module, such as `timer-drain` or `fix/3`. */
  readonly folder: string;
  readonly files: readonly FixtureFile[];
  readonly functions: readonly string[];
  readonly variant: Variant | null;
}

export interface Built {
  readonly directory: string;
  /** Null if nothing could be built. */
  readonly binary: string | null;
  /** What `go vet` says against a package, by folder; those are not in the binary. */
  readonly refused: ReadonlyMap<string, string>;
  /** What the build says, if it failed. */
  readonly failure: string | null;
}

/** The folder of a group's package before the change that makes it leak. */
export function beforeFolder(group: Group): string {
  return `${group.rule}/before`;
}

/** The packages to build for a group: the fixtures as they are, before the change where there is one, and once for each variant of fixes. */
export function packagesOf(group: Group, variants: readonly Variant[]): Package[] {
  const plain: Package = { folder: group.rule, files: group.files, functions: group.functions.map((fn) => fn.name), variant: null };
  const before: Package = { folder: beforeFolder(group), files: group.before, functions: group.functions.filter((fn) => fn.leaks).map((fn) => fn.name), variant: null };
  const fixed = variants.map((variant, index): Package => ({
    folder: `fix/${index}`,
    files: variant.files,
    functions: variant.compileOnly ? [] : [variant.fn.name, ...variant.touched.map((fn) => fn.name)],
    variant,
  }));
  return [plain, ...(group.before.length > 0 ? [before] : []), ...fixed];
}

export function importPath(folder: string): string {
  return `${moduleName}/${folder}`;
}

/** The name under which the harness knows a function. */
export function harnessName(folder: string, name: string): string {
  return `${folder}.${name}`;
}

/** Which functions return something cannot be told here, so each is called in a closure that drops what it returns. */
function functionTable(packages: readonly Package[]): string {
  const used = packages.filter((pkg) => pkg.functions.length > 0);
  return [
    'package main',
    '',
    'import (',
    ...used.map((pkg, index) => `\tp${index} "${importPath(pkg.folder)}"`),
    ')',
    '',
    'var functions = map[string]func(){',
    ...used.flatMap((pkg, index) => pkg.functions.map((name) => `\t"${harnessName(pkg.folder, name)}": func() { p${index}.${name}() },`)),
    '}',
    '',
  ].join('\n');
}

/** Splits the output of `go vet` by package folder. */
function complaintsByFolder(output: string): Map<string, string> {
  const complaints = new Map<string, string>();
  let folder = '';
  for (const line of output.split('\n')) {
    const header = /^# \[?([^\s\]]+)/u.exec(line)?.[1];
    if (header !== undefined) folder = header.replace(`${moduleName}/`, '');
    else if (line.trim() !== '') complaints.set(folder, `${complaints.get(folder) ?? ''}${line}\n`);
  }
  return complaints;
}

/** Writes the packages into a temporary module, vets all, and builds one program of those that pass. The caller removes the directory. */
export async function build(chain: Toolchain, goVersion: string, packages: readonly Package[]): Promise<Built> {
  const directory = await mkdtemp(join(tmpdir(), 'goleash-prove-'));
  try {
    await writeFile(join(directory, 'go.mod'), `module ${moduleName}\n\ngo ${goVersion}\n`);
    for (const pkg of packages) {
      await mkdir(join(directory, pkg.folder), { recursive: true });
      for (const file of pkg.files) await writeFile(join(directory, pkg.folder, basename(file.path)), file.text);
    }
    const vet = await go(chain, directory, ['vet', './...']);
    const refused = vet === null ? new Map<string, string>() : complaintsByFolder(vet);
    const passed = packages.filter((pkg) => !refused.has(pkg.folder));
    if (passed.every((pkg) => pkg.functions.length === 0)) return { directory, binary: null, refused, failure: null };

    await mkdir(join(directory, 'prove'));
    await cp(harness, join(directory, 'prove', 'main.go'));
    await writeFile(join(directory, 'prove', 'functions.go'), functionTable(passed));
    const binary = join(directory, 'prove', 'prove');
    const failure = await go(chain, directory, ['build', '-trimpath', '-gcflags=./...=-l', '-ldflags=-s -w', '-o', binary, './prove']);
    return { directory, binary: failure === null ? binary : null, refused, failure };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
