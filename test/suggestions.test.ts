import MarkdownIt from 'markdown-it';
import { afterEach, describe, expect, test } from 'vitest';
import { applyEdits } from '../src/apply-edits.ts';
import { diffTexts } from '../src/diff-texts.ts';
import { commentBody } from '../src/github/comment.ts';
import { plan } from '../src/github/plan.ts';
import { review } from '../src/review.ts';
import { fc } from './support/fast-check.ts';
import { aLeak, leakingProgram } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { Edit, Leak } from '../src/finding.ts';
import type { Scene } from './support/scene.ts';

const path = 'fetch/fetch.go';

/** The block as it was sent, line breaks included; Markdown's own reading must agree but for these. */
function suggestionIn(body: string): string | null {
  const fences = new MarkdownIt().parse(body, {}).filter(({ type, info }) => type === 'fence' && info === 'suggestion');
  expect(fences.length).toBeLessThanOrEqual(1);
  const [, , block = null] = /^(`{3,})suggestion\n([^]*?)^\1$/m.exec(body) ?? [];
  expect(fences[0]?.content ?? null).toBe(block?.replaceAll('\r\n', '\n') ?? null);
  return block;
}

/** What GitHub commits: the lines of the comment give way to those of the block. What follows the last line, a break or none, stays. */
function accept(text: string, { startLine, line }: { readonly startLine: number | null; readonly line: number | null }, block: string): string {
  const lines = text.split('\n');
  const suggested = block === '' ? [] : block.replace(/\n$/, '').split('\n');
  const last = line ?? 0;
  return [...lines.slice(0, (startLine ?? last) - 1), ...suggested, ...lines.slice(last)].join('\n');
}

/** Two edits: a label before the loop, and the break by it, with lines between that stay. */
const loop = `package fetch

func Serve(work chan int) func() {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				break
			case <-work:
			}
		}
		println("ended")
	}()
	return func() { close(done) }
}
`;

const backticks = leakingProgram.replace('make(chan int)', 'make(chan int) // ````` `x` ```suggestion');

describe('a suggestion that is accepted leaves the file that the engine proved', () => {
  let scene: Scene;

  afterEach(async () => {
    await scene.close();
    expect(scene.github.violations).toEqual([]);
  });

  test.each([
    ['of one line, indented by tabs', leakingProgram],
    ['with CRLF', leakingProgram.replaceAll('\n', '\r\n')],
    ['beside backticks', backticks],
    ['without a line break at the end of the file', leakingProgram.trimEnd()],
    ['of two edits with lines between', loop],
    ['of two edits, with CRLF', loop.replaceAll('\n', '\r\n')],
  ])('%s', async (_, program) => {
    let leaks: readonly Leak[] = [];
    scene = await setScene({
      feature: { [path]: program },
      review: async (source, options) => {
        const found = await review(source, options);
        ({ leaks } = found);
        return found;
      },
    });
    await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'feature' });
    await scene.app.idle();
    const [leak] = leaks;
    const [comment, ...others] = scene.github.pull(1).comments;
    expect(others).toEqual([]);
    const block = suggestionIn(comment?.body ?? '');
    expect(leak?.fix?.edits).toHaveLength(program.includes('Serve') ? 2 : 1);
    expect(accept(program, comment ?? { startLine: null, line: null }, block ?? '')).toBe(applyEdits(program, leak?.fix?.edits ?? []));
  });
});

test('so it is for any edits of any file, or there is no suggestion', () => {
  const line = fc.string({ unit: fc.constantFrom('\t', ' ', '`', '```', '~~~', 'a', 'é', '\\', '<', '-', '>', '@x', '#1'), maxLength: 6 });
  const program = fc.record({ lines: fc.array(line, { minLength: 4, maxLength: 12 }), crlf: fc.boolean(), ended: fc.boolean(), changed: fc.nat(3) });
  const edits = fc.array(fc.record({ at: fc.nat(11), length: fc.integer({ min: 1, max: 3 }), lines: fc.array(line, { maxLength: 3 }) }), { minLength: 1, maxLength: 3 });
  let suggestions = 0;
  fc.assert(
    fc.property(program, edits, ({ lines, crlf, ended, changed }, wanted) => {
      const eol = crlf ? '\r\n' : '\n';
      const text = lines.join(eol) + (ended ? eol : '');
      const count = text.split(/(?<=\n)/).length;
      const placed: Edit[] = [];
      for (const { at, length, lines: added } of [...wanted].sort((a, b) => a.at - b.at)) {
        const endLine = at + length;
        if (endLine <= count && at >= (placed.at(-1)?.endLine ?? 0)) placed.push({ path, startLine: at + 1, endLine, newText: added.join('\n') });
      }
      fc.pre(placed.length > 0);
      const hunks = diffTexts(lines.map((one, index) => (index === changed ? `${one}!` : one)).join(eol) + (ended ? eol : ''), text);
      const leak = aLeak({ path, line: changed + 1, endLine: changed + 1, fix: { title: 'Repair it', edits: placed } });
      const [comment] = plan({ leaks: [leak], changes: [{ path, previousPath: null, status: 'modified', hunks }], posted: new Set(), dismissed: new Map(), texts: new Map([[path, text]]), maxComments: 1, conclusion: 'neutral', incomplete: false }).comments;
      const body = comment === undefined ? '' : commentBody(comment, { webUrl: 'https://github.com', owner: 'acme', repo: 'service', sha: 'a'.repeat(40), language: 'en' });
      const block = suggestionIn(body);
      if (block === null || comment === undefined) return;
      suggestions += 1;
      expect(accept(text, comment.anchor, block)).toBe(applyEdits(text, placed));
    }),
    { numRuns: 500 },
  );
  expect(suggestions).toBeGreaterThan(100);
});
