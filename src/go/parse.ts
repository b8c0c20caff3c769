import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import type { File } from './ast.ts';
import { lazyFile } from './lazy-file.ts';
import { lowerFile } from './lower.ts';
import { outline } from './outline.ts';
import type { SyntaxNode } from './syntax.ts';

/** Deeper nesting than any person writes; beyond it the enclosing function counts as broken. */
const maxDepth = 400;

/** Nodes whose inside nobody asks for: their text is enough. */
const leaves = new Set(['interpreted_string_literal', 'raw_string_literal', 'rune_literal', 'comment']);

/**
 * Turns one Go file into plain data. Each declaration is parsed when something asks for its inside; the whole file at once where its
 * text does not show where they begin and end. Never throws on bad Go: what has a syntax error is marked `broken`.
 */
export type ParseFile = (path: string, text: string) => File;

let loading: Promise<Parser> | undefined;

/** Loads the grammar once (about 4 ms) and answers with the parser. Rejects when the grammar's file is missing. `whole`: files are always parsed at once. */
export async function loadParser({ whole }: { readonly whole: boolean } = { whole: false }): Promise<ParseFile> {
  const parser = await (loading ??= load());
  return (path, text) => {
    const chunks = whole ? null : outline(text);
    if (chunks === null) return lowerFile(path, text, copyTree(parser, text, 0));
    return lazyFile(path, text, chunks, ({ pos, end }) => copyTree(parser, `${text.slice(pos, end)}\n`, pos)); // the grammar wants each declaration ended
  };
}

async function load(): Promise<Parser> {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-go/tree-sitter-go.wasm');
  const language = await Language.load(await readFile(grammar));
  const parser = new Parser();
  parser.setLanguage(language);
  return parser;
}

/** The tree lives only inside this function: an undeleted tree costs the WASM heap about 120 KB for 3 KB of source. */
function copyTree(parser: Parser, text: string, offset: number): SyntaxNode {
  const tree = parseTree(parser, text);
  if (tree === null) return { type: 'source_file', field: null, start: offset, end: offset + text.length, broken: true, children: [] };
  try {
    const cursor = tree.walk();
    try {
      return copyNode(cursor, offset, 0, tree.rootNode.hasError);
    } finally {
      cursor.delete();
    }
  } finally {
    tree.delete();
  }
}

/**
 * Calls of `new` and `make` whose argument is surely no type. To the grammar it must be one, but since Go 1.26 `new` takes an
 * expression, and both names may be declared anew.
 */
const ofExpression = /\b(ne|mak)([we])(?=\s*\((?!\s*(?:\)|\[|\*|<-|(?:map|chan|struct|func|interface)\b|[\p{L}_][\p{L}\d_.]*\s*(?:\[[^()]*\])?\s*[,)])))/gu;

/** Reads what the grammar does not know as something that it does, of the same length, so that all offsets hold. */
function parseTree(parser: Parser, text: string): Tree | null {
  const readable = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text; // a byte order mark
  const tree = parser.parse(readable);
  if (!tree?.rootNode.hasError) return tree;
  const asCalls = readable.replaceAll(ofExpression, (_, start: string, last: string) => start + last.toUpperCase());
  if (asCalls === readable) return tree;
  tree.delete();
  return parser.parse(asCalls);
}

function copyNode(cursor: TreeCursor, offset: number, depth: number, lookForErrors: boolean): SyntaxNode {
  const type = cursor.nodeType;
  const field = cursor.currentFieldName;
  const start = offset + cursor.startIndex;
  const end = offset + cursor.endIndex;
  let broken = lookForErrors && (type === 'ERROR' || cursor.nodeIsMissing);
  const children: SyntaxNode[] = [];
  if (depth >= maxDepth) broken = true;
  else if (!leaves.has(type) && cursor.gotoFirstChild()) {
    do {
      if (cursor.nodeType === 'comment') continue;
      if (!cursor.nodeIsNamed && cursor.currentFieldName === null && !(lookForErrors && cursor.nodeIsMissing)) continue;
      const node = copyNode(cursor, offset, depth + 1, lookForErrors);
      broken ||= node.broken;
      children.push(node);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return { type, field, start, end, broken, children };
}
