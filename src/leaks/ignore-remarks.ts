import { createHash } from 'node:crypto';
import type { Leak } from '../finding.ts';
import { lineAt, walk, type FuncDecl } from '../go/ast.ts';
import { displayName, type GoPackage } from '../go/package.ts';
import { push } from '../go/push.ts';
import type { Language, Text } from '../words.ts';
import type { Ignore } from './ignores.ts';
import { remarks } from './remarks.ts';
import type { Meta, Severity } from './rule.ts';
import { name } from './witness.ts';

export interface RemarkOptions {
  readonly language: Language;
  readonly severities: Readonly<Record<string, Severity>>;
  /** The ids of all rules. */
  readonly known: ReadonlySet<string>;
  /** Those that were not asked, or failed. */
  readonly unasked: ReadonlySet<string>;
  /** Ignores that suppressed something. */
  readonly used: ReadonlySet<Ignore>;
  /** Whether all that could be found in a function was looked for. */
  readonly wasJudged: (decl: FuncDecl) => boolean;
}

/** What there is to say of ignores: at most one thing of each. */
export function remarksOn(ignores: readonly Ignore[], options: RemarkOptions): Leak[] {
  const ordinals = new Map<string, number>();
  return ignores.flatMap((ignore): Leak[] => {
    const found = judge(ignore, options);
    if (found === null) return [];
    const { meta, message } = found;
    const severity = options.severities[meta.id];
    if (severity === 'off') return [];
    const { file, decl, place, text } = ignore;
    const line = lineAt(file, place.pos);
    const where = decl === null ? '' : displayName(decl);
    const key = [meta.id, file.path, where, text.replaceAll(/\s+/gu, ' ')].join('\n');
    const ordinal = (ordinals.get(key) ?? 0) + 1;
    ordinals.set(key, ordinal);
    return [{
      rule: meta.id,
      case: meta.case,
      confidence: severity ?? meta.confidence,
      path: file.path,
      line,
      endLine: line,
      side: 'RIGHT',
      function: where,
      message: message[options.language],
      steps: [],
      fix: null,
      fingerprint: createHash('sha256').update(`${key}\n${ordinal}`).digest('hex').slice(0, 16),
      title: meta.title[options.language],
      why: meta.why[options.language],
      parked: null,
      foundBy: 'reading',
      cause: null,
      yields: null,
      others: [],
    }];
  });
}

function judge(ignore: Ignore, { known, unasked, used, wasJudged }: RemarkOptions): { readonly meta: Meta; readonly message: Text } | null {
  const { rules, reason, decl, file } = ignore;
  if (rules?.length === 0) {
    return { meta: remarks.unknownRule, message: { en: 'This ignore names no rule. Write `//goleash:ignore RULE reason`.', 'zh-CN': '这条 ignore 没有指明规则。请写成 `//goleash:ignore 规则 理由`。' } };
  }
  const unknown = (rules ?? []).filter((rule) => !known.has(rule));
  if (unknown.length > 0) {
    const listed = unknown.map(name).join(', ');
    return { meta: remarks.unknownRule, message: { en: `Goleash has no rule ${listed}; \`goleash rules\` lists them all.`, 'zh-CN': `Goleash 没有规则 ${listed}；\`goleash rules\` 可列出全部规则。` } };
  }
  const wasAsked = rules === null ? unasked.size === 0 : !rules.some((rule) => unasked.has(rule));
  const isComplete = decl === null ? !file.broken : wasJudged(decl);
  if (!used.has(ignore) && wasAsked && isComplete) {
    const meant = rules === null ? null : rules.map(name).join(', ');
    return {
      meta: remarks.unused,
      message: {
        en: `Nothing is left to ignore here${meant === null ? '' : ` for ${meant}`}: take the comment away.`,
        'zh-CN': `此处${meant === null ? '' : `对 ${meant} `}已没有可忽略的发现：请删除这条注释。`,
      },
    };
  }
  if (reason === '') return { meta: remarks.unexplained, message: { en: 'Say why this is ignored, after the rule.', 'zh-CN': '请在规则之后写明忽略的理由。' } };
  return null;
}

/** Functions that other functions use, directly or through others; names stand for functions, so that it may be more. */
export function usedBy(pkg: GoPackage, from: Iterable<FuncDecl>): ReadonlySet<FuncDecl> {
  const byName = new Map<string, FuncDecl[]>();
  for (const { decl } of pkg.funcs()) push(byName, decl.name.name, decl);
  const reached = new Set(from);
  for (const decl of reached) {
    walk(decl, (node) => {
      if (node.kind === 'Ident') for (const used of byName.get(node.name) ?? []) reached.add(used);
      return undefined;
    });
  }
  return reached;
}
