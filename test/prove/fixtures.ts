import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { directiveVersion, readFixture, type Declaration, type FixtureFile, type Mark } from './source.ts';

/** Files of one fixture folder that are built together: one package under one Go version. */
export interface Group {
  /** The folder's name, which is the rule's id. */
  readonly rule: string;
  /** The `go` line of the main module they are built in. */
  readonly goVersion: string;
  readonly files: readonly FixtureFile[];
  /** The package before the change that makes its functions leak, of rules that compare; they are in the folder `before`. */
  readonly before: readonly FixtureFile[];
  readonly functions: readonly FixtureFunction[];
}

/** A `Leak…` or `Safe…` function, with all that it reaches in its package. */
export interface FixtureFunction {
  readonly name: string;
  readonly leaks: boolean;
  readonly declaration: Declaration;
  /** The function itself first, then the functions, methods and types it uses, and what they use. */
  readonly reach: readonly Declaration[];
  /** Marks anywhere in `reach`, with their file. */
  readonly marks: readonly PlacedMark[];
  /** Marks in the function itself and its doc comment. */
  readonly ownMarks: readonly PlacedMark[];
}

export interface PlacedMark extends Mark {
  readonly path: string;
}

/** A place in a fixture; its path is relative to the fixtures' module. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

export function placeText(place: Place): string {
  return `${place.path}:${place.line}`;
}

export function holds(declaration: Declaration, place: Place): boolean {
  return declaration.path === place.path && declaration.line <= place.line && place.line <= declaration.endLine;
}

/** What `start` uses, by name. A type brings its methods; a name that is declared twice brings both. */
function reachOf(start: Declaration, all: readonly Declaration[]): Declaration[] {
  const reached = new Set([start]);
  for (const declaration of reached) {
    const names = new Set(declaration.text.replace(/\/\/.*$/gmu, '').match(/\w+/gu));
    for (const other of all) {
      const isTest = other.receiver === null && /^(?:Leak|Safe)/u.test(other.name);
      const used = names.has(other.name) && (other.receiver === null || [...reached].some((known) => known.name === other.receiver));
      if (!isTest && (used || other.receiver === declaration.name)) reached.add(other);
    }
  }
  return [...reached];
}

function functionsOf(files: readonly FixtureFile[]): FixtureFunction[] {
  const all = files.flatMap((file) => file.declarations);
  const marks = files.flatMap((file) => file.marks.map((mark): PlacedMark => ({ ...mark, path: file.path })));
  return all
    .filter((declaration) => declaration.receiver === null && /^(?:Leak|Safe)[A-Z0-9]/u.test(declaration.name))
    .map((declaration) => {
      const reach = reachOf(declaration, all);
      return {
        name: declaration.name,
        leaks: declaration.name.startsWith('Leak'),
        declaration,
        reach,
        marks: marks.filter((mark) => reach.some((part) => holds(part, mark))),
        ownMarks: marks.filter((mark) => holds(declaration, mark)),
      };
    });
}

/** Reads the fixtures of every rule below `root`, which is a Go module. */
export async function readGroups(root: string): Promise<Group[]> {
  const goMod = await readFile(join(root, 'go.mod'), 'utf8');
  const moduleVersion = /^go (\d+\.\d+)/mu.exec(goMod)?.[1];
  if (moduleVersion === undefined) throw new Error(`${join(root, 'go.mod')} has no go line`);
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  const groups = await Promise.all(folders.map(async (rule) => {
    const entries = await readdir(join(root, rule));
    const read = async (folder: string, names: readonly string[]): Promise<{ readonly goVersion: string; readonly file: FixtureFile }[]> => Promise.all(names.filter((name) => name.endsWith('.go')).sort().map(async (name) => {
      const text = await readFile(join(root, folder, name), 'utf8');
      return { goVersion: directiveVersion(text) ?? moduleVersion, file: readFixture(`${rule}/${name}`, text) };
    }));
    const files = await read(rule, entries);
    const before = entries.includes('before') ? await read(join(rule, 'before'), await readdir(join(root, rule, 'before'))) : [];
    return [...new Set(files.map((file) => file.goVersion))].sort().map((goVersion): Group => {
      const built = files.filter((file) => file.goVersion === goVersion).map((file) => file.file);
      return { rule, goVersion, files: built, before: before.map(({ file }) => file), functions: functionsOf(built) };
    });
  }));
  return groups.flat();
}

/** The functions a place belongs to: the leaks that reach it, or else the safe ones that do. */
export function ownersOf(place: Place, functions: readonly FixtureFunction[]): FixtureFunction[] {
  const reaching = functions.filter((fn) => fn.reach.some((declaration) => holds(declaration, place)));
  const leaks = reaching.filter((fn) => fn.leaks);
  return leaks.length > 0 ? leaks : reaching;
}

/** Where the run must leave a goroutine waiting: the `parked` marks, or the `want` marks if there are none. */
export function expectedParks(fn: FixtureFunction): PlacedMark[] {
  const said = fn.marks.filter((mark) => mark.kind === 'parked' || mark.kind === 'spins' || mark.kind === 'started');
  return said.length > 0 ? said : fn.marks.filter((mark) => mark.kind === 'want');
}
