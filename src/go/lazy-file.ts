import type * as ast from './ast.ts';
import { lineStartsOf, lowerDeclarations, mayHaveLiterals, type Declarations } from './lower.ts';
import { once } from './once.ts';
import type { Chunk } from './outline.ts';
import type { SyntaxNode } from './syntax.ts';

/** Up to the name of a function, as gofmt and most people write it. */
const start = /func\s*(?:\(\s*(?:[\p{L}_][\p{L}\d_]*\s+)?\*?\s*([\p{L}_][\p{L}\d_]*)\s*(?:\[[^\][]*\]\s*)?\)\s*)?([\p{L}_][\p{L}\d_]*)/uy;

/** A file whose declarations are parsed each by itself, when something asks for its inside. `read` parses a part of the text. */
export function lazyFile(path: string, text: string, chunks: readonly Chunk[], read: (chunk: ast.Span) => SyntaxNode): ast.File {
  const listeners: ((decl: ast.FuncDecl) => void)[] = [];
  const known: ast.FuncDecl[] = [];
  const note = (decl: ast.FuncDecl): void => {
    known.push(decl);
    for (const listener of listeners) listener(decl);
  };
  const parse = (chunk: ast.Span): Declarations => lowerDeclarations(text, read(chunk));
  const imports = chunks.filter(({ keyword }) => keyword === 'import');
  const header = once(() => parse({ pos: 0, end: (imports.at(-1) ?? chunks[0])?.end ?? 0 }));
  const rest = once(() => chunks.filter(({ keyword }) => keyword === 'type' || keyword === 'var' || keyword === 'const').map(parse));
  const specs = once(() => rest().flatMap((one) => one.specs));
  const declared = chunks.filter(({ keyword }) => keyword === 'func').map((chunk) => lazyFunc(text, chunk, () => parse(chunk), note));
  const hasLiterals = chunks.some(({ keyword, pos, end }) => keyword === 'var' && mayHaveLiterals(text.slice(pos, end)));
  const funcs = once((): readonly ast.FuncDecl[] => {
    if (!hasLiterals) return declared;
    const literals = rest().flatMap((one) => one.funcs);
    literals.forEach(note);
    return [...declared, ...literals].sort((a, b) => a.pos - b.pos);
  });
  const lineStarts = once(() => lineStartsOf(text));
  return {
    kind: 'File',
    path,
    text,
    get packageName() { return header().packageName; },
    get imports() { return header().imports; },
    get specs() { return specs(); },
    get funcs() { return funcs(); },
    get broken() { return header().broken || rest().some((one) => one.broken); },
    get lineStarts() { return lineStarts(); },
    onRead: (listener) => {
      known.forEach(listener);
      listeners.push(listener);
    },
  };
}

function lazyFunc(text: string, { pos, end }: ast.Span, parse: () => Declarations, note: (decl: ast.FuncDecl) => void): ast.FuncDecl {
  const parsed = once(() => {
    const { funcs: [func, ...others], broken } = parse();
    note(decl);
    return func && { ...func, broken: func.broken || broken || others.length > 0 };
  });
  start.lastIndex = pos;
  const found = start.exec(text);
  const name = once((): ast.Ident => {
    if (!found?.[2]) return parsed()?.name ?? { kind: 'Ident', pos, end, name: '_' };
    const last = pos + found[0].length;
    return { kind: 'Ident', pos: last - found[2].length, end: last, name: found[2] };
  });
  // Literals and not a class, so that walks find the fields.
  const decl: ast.FuncDecl = {
    kind: 'FuncDecl',
    pos,
    end,
    get name() { return name(); },
    get owner() { return found ? (found[1] ?? null) : (parsed()?.owner ?? null); },
    get recv() { return parsed()?.recv ?? null; },
    get type() { return parsed()?.type ?? { kind: 'FuncType', pos, end, typeParams: [], params: [], results: [] }; },
    isLiteral: false,
    get body() { return parsed()?.broken === false ? parsed()?.body ?? null : null; },
    get broken() { return parsed()?.broken ?? true; },
  };
  return decl;
}
