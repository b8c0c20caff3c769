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

/** Nodes whose inside nobody asks for, their text is enough, and those that have none. */
const leaves = new Set(['interpreted_string_literal', 'raw_string_literal', 'rune_literal', 'comment', 'identifier', 'field_identifier', 'type_identifier', 'package_identifier', 'int_literal', 'nil', 'true', 'false']);

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
      const types = nodeTypes(tree.language);
      return copyNode(cursor, { types, offset, lookForErrors: tree.rootNode.hasError }, types[cursor.nodeTypeId] ?? error, null, 0);
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

/** What the grammar says of a node's type. */
interface NodeType {
  readonly name: string;
  readonly isNamed: boolean;
  readonly isLeaf: boolean;
}

const typesOf = new WeakMap<Language, readonly NodeType[]>();

/** By id: asked of the tree node by node, names cost more than the parsing. */
function nodeTypes(language: Language): readonly NodeType[] {
  let types = typesOf.get(language);
  if (types === undefined) typesOf.set(language, (types = language.types.map((name, id) => ({ name, isNamed: language.nodeTypeIsNamed(id), isLeaf: leaves.has(name) }))));
  return types;
}

const error: NodeType = { name: 'ERROR', isNamed: true, isLeaf: false };

/** Copies the node under the cursor, of the type that was read from it, and all below. */
function copyNode(cursor: TreeCursor, copy: Copy, type: NodeType, field: string | null, depth: number): SyntaxNode {
  const { types, offset, lookForErrors } = copy;
  const start = offset + cursor.startIndex;
  const end = offset + cursor.endIndex;
  let broken = lookForErrors && (type === error || cursor.nodeIsMissing);
  const children: SyntaxNode[] = [];
  if (depth >= maxDepth) broken = true;
  else if (!type.isLeaf && cursor.gotoFirstChild()) {
    do {
      const inner = types[cursor.nodeTypeId] ?? error;
      if (inner.name === 'comment') continue;
      const innerField = cursor.currentFieldName;
      if (!inner.isNamed && innerField === null && !(lookForErrors && cursor.nodeIsMissing)) continue;
      const node = copyNode(cursor, copy, inner, innerField, depth + 1);
      broken ||= node.broken;
      children.push(node);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return { type: type.name, field, start, end, broken, children };
}

interface Copy {
  readonly types: readonly NodeType[];
  readonly offset: number;
  /** The tree has some. */
  readonly lookForErrors: boolean;
}
