import type { File } from './ast.ts';

/** When a file is part of the build: a formula over build tags. Source: `go help buildconstraint`. */
export type Constraint =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'not'; readonly x: Constraint }
  | { readonly kind: 'and' | 'or'; readonly x: Constraint; readonly y: Constraint };

/** The systems and processors that file names may end in. Source: internal/syslist. */
const systems = new Set('aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(' '));
const processors = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(' '),
);
const unix = new Set('aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris'.split(' '));
/** Systems that have the tag of another one as well. */
const alsoKnownAs: ReadonlyMap<string, string> = new Map([['android', 'linux'], ['illumos', 'solaris'], ['ios', 'darwin']]);

/** Beyond so many tags that are not systems or processors, two files are taken to build together. */
const maxFreeTags = 8;

/** The constraint of a file's name and header; null for a file of every build. */
export function constraintOf(file: File): Constraint | null {
  return both(fromName(file.path), fromHeader(file.text));
}

/** Whether some build has both files. */
export function buildTogether(a: Constraint | null, b: Constraint | null): boolean {
  const constraint = both(a, b);
  if (constraint === null) return true;
  const tags = [...tagsOf(constraint)];
  const free = tags.filter((tag) => !systems.has(tag) && !processors.has(tag) && tag !== 'unix');
  if (free.length > maxFreeTags) return true;
  const oses = tags.includes('unix') ? [...systems] : [...tags.filter((tag) => systems.has(tag)), 'another'];
  const archs = [...tags.filter((tag) => processors.has(tag)), 'another'];
  for (const os of oses) {
    for (const arch of archs) {
      for (let bits = 0; bits < 2 ** free.length; bits += 1) {
        if (holds(constraint, (tag) => hasTag(tag, os, arch) ?? ((bits >> free.indexOf(tag)) & 1) === 1)) return true;
      }
    }
  }
  return false;
}

/** Whether a plain `go build` on the platform most servers have takes the file. */
export function buildsByDefault(constraint: Constraint | null): boolean {
  return constraint === null || holds(constraint, (tag) => hasTag(tag, 'linux', 'amd64') ?? (tag === 'cgo' || tag === 'gc' || /^go1\.\d+$/u.test(tag)));
}

/** Whether a system and a processor set a tag; undefined for a tag that is neither. */
function hasTag(tag: string, os: string, arch: string): boolean | undefined {
  if (tag === 'unix') return unix.has(os);
  if (systems.has(tag)) return tag === os || alsoKnownAs.get(os) === tag;
  return processors.has(tag) ? tag === arch : undefined;
}

function both(a: Constraint | null, b: Constraint | null): Constraint | null {
  if (a === null) return b;
  return b === null ? a : { kind: 'and', x: a, y: b };
}

function holds(constraint: Constraint, has: (tag: string) => boolean): boolean {
  switch (constraint.kind) {
    case 'tag':
      return has(constraint.tag);
    case 'not':
      return !holds(constraint.x, has);
    case 'and':
      return holds(constraint.x, has) && holds(constraint.y, has);
    case 'or':
      return holds(constraint.x, has) || holds(constraint.y, has);
  }
}

function tagsOf(constraint: Constraint, into = new Set<string>()): Set<string> {
  if (constraint.kind === 'tag') into.add(constraint.tag);
  else {
    tagsOf(constraint.x, into);
    if (constraint.kind !== 'not') tagsOf(constraint.y, into);
  }
  return into;
}

/** `name_GOOS_GOARCH_test.go`, where each part may be missing, but not the name. */
function fromName(path: string): Constraint | null {
  const parts = path.slice(path.lastIndexOf('/') + 1).replace(/(_test)?\.go$/u, '').split('_').slice(1);
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  const tag = (name: string): Constraint => ({ kind: 'tag', tag: name });
  if (processors.has(last)) return systems.has(before) ? both(tag(before), tag(last)) : tag(last);
  return systems.has(last) ? tag(last) : null;
}

function fromHeader(text: string): Constraint | null {
  const clause = /^package\s/mu.exec(text)?.index ?? 0;
  const header = text.slice(0, clause);
  if (!header.includes('build')) return null;
  const line = /^\/\/go:build (.*)$/mu.exec(header)?.[1];
  if (line !== undefined) return parseFormula(line);
  let all: Constraint | null = null;
  for (const [, options = ''] of header.matchAll(/^\/\/\s*\+build\s+(.*)$/gmu)) {
    // The old notation: spaces are "or", commas "and".
    all = both(all, parseFormula(options.trim().split(/\s+/u).map((option) => option.split(',').join(' && ')).join(' || ')));
  }
  return all;
}

/** A formula of `//go:build`; null where it is not one. */
function parseFormula(text: string): Constraint | null {
  const tokens = text.match(/\|\||&&|[!()]|[^\s!()&|]+/gu) ?? [];
  let at = 0;
  const or = (): Constraint | null => {
    let x = and();
    while (x && tokens[at] === '||') {
      at += 1;
      const y = and();
      x = y && { kind: 'or', x, y };
    }
    return x;
  };
  const and = (): Constraint | null => {
    let x = not();
    while (x && tokens[at] === '&&') {
      at += 1;
      const y = not();
      x = y && { kind: 'and', x, y };
    }
    return x;
  };
  const not = (): Constraint | null => {
    const token = tokens[at];
    at += 1;
    if (token === undefined || token === ')' || token === '&&' || token === '||') return null;
    if (token === '!') {
      const x = not();
      return x && { kind: 'not', x };
    }
    if (token !== '(') return { kind: 'tag', tag: token };
    const inner = or();
    at += 1;
    return inner;
  };
  return or();
}
