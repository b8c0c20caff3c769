import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { commentBody, longestBody } from '../src/github/comment.ts';
import { marker, readMarker } from '../src/github/marker.ts';
import { cell, code, cut, fenced, lineUrl, prose } from '../src/github/markdown.ts';
import { words } from '../src/github/words.ts';
import { languages } from '../src/words.ts';
import { fc } from './support/fast-check.ts';
import { aLeak } from './support/leak.ts';
import type { CommentContext } from '../src/github/comment.ts';
import type { PlannedComment } from '../src/github/plan.ts';

const markdown = new MarkdownIt({ html: true, linkify: false });
const context: CommentContext = { webUrl: 'https://github.com', owner: 'acme', repo: 'service', sha: 'a'.repeat(40), language: 'en' };

function comment(told: Partial<PlannedComment> = {}): PlannedComment {
  return {
    leak: aLeak(),
    anchor: { path: 'fetch/fetch.go', side: 'RIGHT', startLine: null, line: 6 },
    fix: { kind: 'suggestion', title: 'Give `ch` room for the one value', text: '\tch := make(chan int, 1)\n' },
    ...told,
  };
}

/** Half of a character: with the flag u a whole one does not match. */
const loneSurrogate = /[\uD800-\uDFFF]/u;

/** What a reader sees as text, code spans left out: only there GitHub looks for mentions and references. */
function textOutsideCode(source: string): string {
  return markdown
    .parse(source, {})
    .flatMap((token) => token.children ?? [])
    .filter((token) => token.type === 'text')
    .map((token) => token.content)
    .join('');
}

describe('a comment', () => {
  test('says the case, who blocks, on what, why, the path, the fix, how to confirm, and where the rule is explained', () => {
    expect(commentBody(comment(), context)).toBe(`**Case 1 · abandoned send**

The goroutine waits for ever on \`ch <- slow()\`: after the timeout nobody receives from \`ch\`. The goroutine, and everything it holds, stays until the process ends.

1. [\`fetch.go:7\`](https://github.com/acme/service/blob/${context.sha}/fetch/fetch.go#L7) the goroutine is spawned
2. [\`fetch.go:12\`](https://github.com/acme/service/blob/${context.sha}/fetch/fetch.go#L12) \`Fetch\` returns on the timeout
3. [\`fetch.go:8\`](https://github.com/acme/service/blob/${context.sha}/fetch/fetch.go#L8) this send then waits for ever

**Fix:** Give \`ch\` room for the one value

\`\`\`suggestion
	ch := make(chan int, 1)
\`\`\`

**Confirm:** in \`/debug/pprof/goroutine?debug=2\` look for \`fetch.Fetch.func1\` with state \`chan send\`; with Go ≥ 1.26 (\`GOEXPERIMENT=goroutineleakprofile\`, always on in 1.27) \`/debug/pprof/goroutineleak\` lists it.

[About this rule](https://github.com/goleash/goleash/blob/main/fixtures/abandoned-send/README.md)

<!-- goleash:v1 fp=f00d sha=${context.sha} rule=abandoned-send -->`);
  });

  test('speaks Chinese', () => {
    const body = commentBody(comment(), { ...context, language: 'zh-CN' });
    expect(body).toMatch(/^\*\*案例 1 · /u);
    expect(body).toContain('**修复**：');
    expect(body).toContain('**如何确认**：在 `/debug/pprof/goroutine?debug=2` 中查找状态为 `chan send` 的 `fetch.Fetch.func1`');
    expect(body).toContain('[规则说明](');
  });

  test('shows a fix elsewhere as a diff', () => {
    const fix = { kind: 'diff', title: 'Close it', replacements: [{ path: 'pool.go', startLine: 9, removed: ['\told'], added: ['\tnew', '\tclose(ch)'] }] } as const;
    expect(commentBody(comment({ fix }), context)).toContain('**Fix:** Close it\n\n```diff\n@@ pool.go:9 @@\n-\told\n+\tnew\n+\tclose(ch)\n```\n');
  });

  test('offers no fix where there is none', () => {
    const body = commentBody(comment({ fix: null }), context);
    expect(body).not.toContain('Fix');
    expect(body).not.toContain('suggestion');
  });

  test('keeps a suggestion of backticks, tabs and CRLF to the byte', () => {
    const text = '\ts := "```" + `````\r\n\treturn\r\n';
    const body = commentBody(comment({ fix: { kind: 'suggestion', title: 't', text } }), context);
    expect(body).toContain(`\`\`\`\`\`\`suggestion\n${text}\`\`\`\`\`\`\n`);
  });

  test('stays below the limit, with its marker and without half a suggestion', () => {
    const long = commentBody(comment({ fix: { kind: 'suggestion', title: 't', text: 'x\n'.repeat(longestBody) } }), context);
    expect(long.length).toBeLessThanOrEqual(longestBody);
    expect(long).not.toContain('```suggestion');
    expect(long).toContain(words.en.fixTooLong);
    const longer = commentBody(comment({ leak: aLeak({ message: '😀 `a` '.repeat(longestBody) }) }), context);
    expect(longer.length).toBeLessThanOrEqual(longestBody);
    expect(readMarker(longer)?.fingerprint).toBe('f00d');
    expect(longer).not.toMatch(loneSurrogate);
  });

  test('mentions nobody, refers to nothing and holds no HTML, whatever the code is called', () => {
    const evil = '@octocat fixes #1 GH-2 <img src=x onerror=alert(1)> <!-- --> [a](javascript:x) **b** https://evil.example www.evil.example acme/x#3';
    const leak = aLeak({ title: evil, message: evil, why: evil, function: evil, steps: [{ path: `@a/${evil}.go`, line: 1, says: evil }], parked: { function: evil, waitReason: evil } });
    const body = commentBody(comment({ leak, fix: { kind: 'diff', title: evil, replacements: [] } }), context);
    const text = textOutsideCode(body);
    expect(text).not.toMatch(/@[a-z0-9]/i);
    expect(text).not.toMatch(/#\d|GH-\d/i);
    expect(text).not.toMatch(/https?:\/\/|www\.\w/);
    const html = markdown.render(body);
    expect(html).not.toMatch(/<img|<script/);
    expect(html).not.toContain('href="javascript');
    expect(html.match(/<!--/g)).toHaveLength(1);
  });
});

describe('the marker', () => {
  test('is read back, the last one, and survives odd fingerprints', () => {
    for (const fingerprint of ['f00d', 'a/b.go:F:send#1', 'x --> y', '--', '100%']) {
      const body = `${marker({ fingerprint: 'other', also: [], sha: '1', rule: null, gone: null })}\nsome text\n${marker({ fingerprint, also: [], sha: 'abc', rule: null, gone: null })}`;
      expect(readMarker(body)).toEqual({ fingerprint, also: [], sha: 'abc', rule: null, gone: null });
      expect(body.match(/-->/g)).toHaveLength(2);
    }
  });

  test('names the other places', () => {
    const told = { fingerprint: 'f00d', also: ['f00e', '--'], sha: 'abc', rule: 'r', gone: null };
    expect(readMarker(marker(told))).toEqual(told);
  });

  test('is absent from others', () => {
    expect(readMarker('Nice work! <!-- reviewdog -->')).toBeNull();
    expect(readMarker('<!-- goleash:v1 fp=%zz sha=1 -->')).toBeNull();
  });
});

describe('code', () => {
  test('is one code span that says the text, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', '``', ' ', 'a', '@b', '\\', '<i>', '|', '*'), minLength: 1 }), (text) => {
        fc.pre(text.trim() !== '');
        const children = markdown.parse(`x ${code(text)} y`, {}).flatMap((token) => token.children ?? []);
        expect(children.map(({ type }) => type)).toEqual(['text', 'code_inline', 'text']);
        expect(children[1]?.content.trim()).toBe(text.trim());
      }),
    );
  });

  test.each([
    ['a\nb', '`a b`'],
    ['', '` `'],
    ['`', '`` ` ``'],
    ['a\u202Eb', '`a\uFFFDb`'],
  ])('%j is %j', (text, expected) => expect(code(text)).toBe(expected));
});

describe('prose', () => {
  test('keeps code spans and disarms the rest', () => {
    expect(prose('`@a #1` waits for @b, see #2 <b>')).toBe('`@a #1` waits for @\u200Bb, see #\u200B2 &lt;b&gt;');
  });

  test('begins no block, however far it is moved in', () => {
    for (const text of ['    `a`', '\t- a', '     1. a', '    # a']) expect(markdown.parse(prose(text), {}).map(({ type }) => type)).toEqual(['paragraph_open', 'inline', 'paragraph_close']);
  });

  test('is text and code only, and never links, whatever it holds', () => {
    const piece = fc.constantFrom('`', '``', '@a', '#1', '<b>', '*', '_', '[x](y)', '![i](u)', '# ', '- ', '1. ', '> ', '\\', '\n', '&amp;', '|', '~~', 'word', ' ');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const tokens = markdown.parse(`x\n\n${prose(pieces.join(''))}\n`, {});
        expect(tokens.filter(({ block, type }) => block && !/^(paragraph_(open|close)|inline)$/.test(type)).map(({ type }) => type)).toEqual([]);
        const inline = tokens.flatMap((token) => token.children ?? []).map(({ type }) => type);
        expect(inline.filter((type) => !['text', 'text_special', 'code_inline', 'softbreak'].includes(type))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

test('a table cell ends at no pipe of its own', () => {
  expect(cell(`${code('a|b')} \\| c\nd`)).toBe('`a\\|b` \\| c d');
});

test('links hold any path', () => {
  expect(lineUrl(context, 'a b/(c)#?/ü.go', 3, 5)).toBe(`https://github.com/acme/service/blob/${context.sha}/a%20b/%28c%29%23%3F/%C3%BC.go#L3-L5`);
});

test('a fence is longer than what it holds', () => {
  expect(fenced('diff', 'a ```` b')).toBe('`````diff\na ```` b\n`````');
});

describe('cut', () => {
  test('closes the fence that it cuts open, and stays within the limit', () => {
    const text = `intro\n\n\`\`\`\`diff\n${'+ line\n'.repeat(200)}\`\`\`\`\n`;
    const short = cut(text, 500, '*cut*');
    expect(short.length).toBeLessThanOrEqual(500);
    expect(short.endsWith('\n````\n\n*cut*')).toBe(true);
  });

  test('splits no character', () => {
    for (let limit = 100; limit < 120; limit += 1) expect(cut('😀'.repeat(200), limit, '…')).not.toMatch(loneSurrogate);
  });
});

test('every word exists in every language', () => {
  const keys = languages.map((language) => Object.keys(words[language]).sort());
  expect(new Set(keys.map((list) => list.join())).size).toBe(1);
  expect(keys[0]?.length).toBeGreaterThan(30);
});
