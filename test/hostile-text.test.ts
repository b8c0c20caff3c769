import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { formats } from '../src/format/format.ts';
import { failedOutput, leftAloneOutput, reviewedOutput } from '../src/github/check-output.ts';
import { commentBody } from '../src/github/comment.ts';
import { plan } from '../src/github/plan.ts';
import { dismissalReply, explainReply, helpReply } from '../src/github/replies.ts';
import { nothingTidied } from '../src/github/tidied.ts';
import { steers } from '../src/steering.ts';
import { languages } from '../src/words.ts';
import { fc } from './support/fast-check.ts';
import { aLeak, aReview } from './support/leak.ts';
import { sampleReport } from './support/sample-review.ts';
import type { Leak } from '../src/finding.ts';
import type { Language } from '../src/words.ts';

/** Pieces of code, paths, labels, replies and configurations that were written to do harm. */
const piece = fc.constantFrom(
  '@octocat', '@acme/team', 'fixes #1', '#1', 'GH-2', 'acme/x#3', 'https://evil.example', '_www.evil.example', '_https://evil.example', '<img src=x onerror=alert(1)>', '<!--', '-->', '</details>', '<script>',
  '`', '``', '```', '~~~', '\n', '\r', '\n\n', '\n# ', '\n- ', '\n> ', '\n    ', '|', '\\', '*', '_', '[x](javascript:x)', '![i](u)', '&#64;octocat', '&lt;', '\u202e', '\u2066', '\u200f', '\u061c', '\u001b[31m', '\0', '\u0085',
  '::error::owned', '\n::error::owned', '\n  ::stop-commands::x', '##[error]owned', '%0A::error::owned', '$&', 'word', ' ', '界',
);
const hostile = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `x${pieces.join('')}`);
const runs = { numRuns: 300 };

function leakOf(text: string): Leak {
  return aLeak({
    path: `${text}.go`, function: text, message: text, why: text, title: text, parked: { function: text, waitReason: text },
    steps: [{ path: `${text}/a.go`, line: 1, says: text }],
    fix: { title: text, edits: [{ path: `${text}.go`, startLine: 2, endLine: 2, newText: text }] },
  });
}

const benign = 'x word';
const context = { webUrl: 'https://github.com', owner: 'acme', repo: 'service', sha: 'a'.repeat(40), language: 'en' as Language };

/** All Markdown that strangers' words go into, for a text that stands for each of them. */
function markdowns(text: string, language: Language): readonly string[] {
  const leak = leakOf(text);
  const here = { ...context, language };
  const texts = new Map([[leak.path, `one\n${text.replaceAll('\n', ' ')}\nthree\n`], [leak.steps[0]?.path ?? '', text.replaceAll('\n', ' ')]]);
  const replaced = [{ path: leak.path, startLine: 2, removed: text.split('\n'), added: text.split('\n') }];
  const planned = plan({ leaks: [leak], changes: [], posted: new Set(), dismissed: new Map(), texts, maxComments: 10, conclusion: 'neutral', incomplete: false });
  const { summary, text: details } = reviewedOutput({
    plan: { ...planned, remaining: planned.remaining.map((one) => ({ ...one, fix: null })) },
    review: aReview({ leaks: [leak], problems: [{ path: text, says: text }], skipped: [{ path: text, says: text }] }),
    context: here, config: { rules: { [text]: 'off' } },
    configProblems: (['syntax', 'unknown-key', 'unknown-rule', 'wrong-value'] as const).map((kind) => ({ file: text, line: 1, key: text, kind, expected: text })),
    filesCut: null, requests: 1, milliseconds: 1, commentsRefused: text, tidied: nothingTidied, fixes: 'none',
  });
  const [posted = ''] = formats.rdjsonl({ ...sampleReport, language, review: aReview({ leaks: [leak] }) }).split('\n');
  return [
    (JSON.parse(posted) as { readonly message: string }).message,
    commentBody({ leak, fix: { kind: 'diff', title: text, replacements: replaced } }, here),
    commentBody({ leak, fix: { kind: 'suggestion', title: text, text: 'y\n' } }, here),
    explainReply({ leak, fix: null }, texts, '7', here),
    dismissalReply('wrong', text, '7', language),
    helpReply(text.replaceAll(/\s/g, ''), '7', language),
    summary,
    details,
    leftAloneOutput({ why: 'label', labels: [text] }, [], language).summary,
    failedOutput({ kind: 'refused', says: text }, { language, reference: text, retryAt: null }).summary,
    failedOutput({ kind: 'permission', needed: text, says: text }, { language, reference: text, retryAt: null }).summary,
  ];
}

const markdown = new MarkdownIt({ html: true });

function blocks(source: string): readonly string[] {
  return markdown.parse(source, {}).map(({ type }) => type);
}

describe.each(languages)('Markdown in %s', (language) => {
  const expected = markdowns(benign, language).map(blocks);

  test('has the same blocks whatever the words in it are, and in them no mention, reference, address, HTML or mark that cannot be seen', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const [index, body] of markdowns(text, language).entries()) {
          expect(steers(body)).toBe(false);
          const tokens = markdown.parse(body, {});
          expect(tokens.map(({ type }) => type)).toEqual(expected[index]);
          for (const { content } of tokens.filter(({ type }) => type === 'html_block')) expect(content).toMatch(/^<!-- goleash:v1 [^<>]* -->\s*$/);
          for (const token of tokens.flatMap(({ children }) => children ?? [])) {
            expect(token.type).toMatch(/^(?:text|text_special|code_inline|softbreak|(?:strong|em|link)_(?:open|close))$/);
            if (token.type === 'link_open') expect(token.attrGet('href')).toMatch(/^https:\/\/github\.com\/(?:acme\/service|goleash\/goleash)\/blob\//);
          }
          const seen = tokens.map(({ children }) => (children ?? []).map(({ type, content }) => (type === 'code_inline' ? '\n' : content)).join('')).join('\n');
          expect(seen).not.toMatch(/@[\p{L}\p{N}]|#\d|gh-\d|(?:https?|ftp):\/\/|www\.[^\s\u200b]/iu);
        }
      }),
      runs,
    );
  });
});

test('annotations hold nothing that steers what shows them', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const leak = leakOf(text);
      const planned = plan({ leaks: [leak], changes: [], posted: new Set(), dismissed: new Map(), texts: new Map(), maxComments: 1, conclusion: 'neutral', incomplete: false });
      const { annotations, title } = reviewedOutput({ plan: planned, review: aReview({ leaks: [leak] }), context, config: { rules: {} }, configProblems: [], filesCut: null, requests: 1, milliseconds: 1, commentsRefused: null, tidied: nothingTidied, fixes: 'none' });
      expect(annotations).toHaveLength(1);
      expect([title, ...annotations.flatMap((one) => [one.title, one.message])].some(steers)).toBe(false);
    }),
    runs,
  );
});

describe('what the command line prints', () => {
  const reportOf = (text: string): typeof sampleReport => {
    const leak: Leak = { ...leakOf(text), title: 'abandoned send' };
    return { ...sampleReport, review: { ...sampleReport.review, leaks: [leak], problems: [{ path: text, says: text }], skipped: [{ path: text, says: text }] }, textOf: () => `${text.replaceAll('\n', ' ')}\n::error::owned\n \t::error::owned\n##[error]owned\n` };
  };

  test('steers no terminal, and commands no runner of GitHub Actions', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const report = reportOf(text);
        for (const format of ['pretty', 'json', 'sarif', 'rdjsonl'] as const) {
          const printed = formats[format](report);
          expect(steers(printed), format).toBe(false);
          expect(printed, format).not.toMatch(/^\s*::|##\[|\r/mu);
        }
        const lines = formats.github(report).trimEnd().split('\n');
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).toMatch(/^::(?:warning|notice) file=[^\r]*$/u);
        expect(lines.some(steers)).toBe(false);
        expect(lines[0]).toMatch(/^::warning file=[^:,]*,line=\d+,endLine=\d+,title=[^:,]*::/u);
      }),
      runs,
    );
  });

  test('says as JSON what it was given', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const printed = JSON.parse(formats.json(reportOf(text))) as { readonly findings: readonly { readonly message: string; readonly fix: { readonly edits: readonly { readonly newText: string }[] } }[] };
        expect(printed.findings[0]).toMatchObject({ message: text, fix: { edits: [{ newText: text }] } });
      }),
      runs,
    );
  });
});
