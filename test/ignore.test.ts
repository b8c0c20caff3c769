import { describe, expect, test } from 'vitest';
import { review, type Review, type ReviewOptions } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';

const mod = { 'go.mod': 'module m\n\ngo 1.26\n' };

async function reviewed(base: string | null, head: string, options: Partial<ReviewOptions> = {}): Promise<Review> {
  const source = memorySource({ base: base === null ? mod : { ...mod, 'p/a.go': base }, head: { ...mod, 'p/a.go': head } });
  return review(source, { language: 'en', ...options });
}

/** The program with its comments in these places. */
function program({ doc = '', above = '', start = '', send = '', select = '' }: Readonly<Partial<Record<'doc' | 'above' | 'start' | 'send' | 'select', string>>> = {}): string {
  return `package p

import "time"

${doc}func fetch() int {
	ch := make(chan int)
	${above}go func() { ${start}
		ch <- work() ${send}
	}()
	select { ${select}
	case v := <-ch:
		return v
	case <-time.After(time.Second):
		return 0
	}
}

func work() int { return 1 }
`;
}

const leaky = program();
const cured = leaky.replace('make(chan int)', 'make(chan int, 1)');

/** What is found, in the order of lines. */
function told({ leaks, suppressed }: Review): readonly (string | number)[] {
  return [...leaks.map(({ rule, line }) => `${rule}:${line}`), suppressed];
}

describe('an ignore', () => {
  const ignore = '//goleash:ignore abandoned-send the process ends with it';

  test.each([
    ['on the line of the wait', { send: ignore }],
    ['above its statement', { start: `\n\t\t${ignore}` }],
    ['above the statement around it', { above: `${ignore}\n\t` }],
    ['on the first line of the statement around it', { start: ignore }],
    ['above the function', { doc: `${ignore}\n` }],
    ['in the comment of the function', { doc: `// fetch asks for it.\n//\n${ignore}\n// More.\n` }],
    ['with a space before the word', { send: `// ${ignore.slice(2)}` }],
    ['with another rule beside it', { send: '//goleash:ignore timer-drain,abandoned-send why not' }],
    ['with its reason as a comment', { send: '//goleash:ignore abandoned-send // because' }],
    ["in golangci-lint's form", { send: '//nolint:goleash' }],
    ["among others in golangci-lint's form", { send: '// nolint:errcheck, goleash,gosec // it ends with the process' }],
  ])('%s keeps the leak from being told, and is counted', async (_, comments) => {
    expect(told(await reviewed(null, program(comments)))).toEqual([1]);
  });

  test('in a file with CRLF works alike', async () => {
    expect(told(await reviewed(null, program({ above: `${ignore}\n\t` }).replaceAll('\n', '\r\n')))).toEqual([1]);
  });

  test.each([
    ['of another linter', { send: '//nolint:errcheck' }],
    ['of every linter', { send: '//nolint' }],
    ['of a linter of another name', { send: '//nolint:goleashed' }],
    ['for people', { send: '// goleash: ignore this' }],
    ['of another word', { send: '//goleash:ignored abandoned-send x' }],
  ])('%s is none', async (_, comments) => {
    expect(told(await reviewed(null, program(comments)))).toEqual(['abandoned-send:8', 0]);
  });

  test('in a string is none', async () => {
    const text = leaky.replace('ch <- work()', 'ch <- len(`\n//goleash:ignore abandoned-send x\n`)');
    expect(told(await reviewed(null, text))).toEqual(['abandoned-send:8', 0]);
  });

  test('elsewhere suppresses nothing, and that is told as likely, without a goroutine to look for', async () => {
    const found = await reviewed(null, program({ doc: `${ignore}\n\n`, select: ignore }));
    expect(told(found)).toEqual(['unused-ignore:5', 'abandoned-send:10', 'unused-ignore:12', 0]);
    expect(found.leaks[0]).toMatchObject({ confidence: 'likely', case: 'goleash:ignore', function: '', steps: [], fix: null, parked: null });
    expect(found.leaks[2]).toMatchObject({ function: 'fetch', message: 'Nothing is left to ignore here for `abandoned-send`: take the comment away.' });
  });

  test('of another rule suppresses nothing', async () => {
    expect(told(await reviewed(null, program({ send: '//goleash:ignore timer-drain it is stopped' })))).toEqual(['abandoned-send:8', 'unused-ignore:8', 0]);
  });

  test('without a reason works, and is told', async () => {
    for (const text of ['//goleash:ignore abandoned-send', '//goleash:ignore abandoned-send  ', '//goleash:ignore abandoned-send //']) {
      expect(told(await reviewed(null, program({ send: text })))).toEqual(['ignore-without-reason:8', 1]);
    }
  });

  test('of a rule that does not exist, or of none, is told', async () => {
    expect(told(await reviewed(null, program({ send: '//goleash:ignore because it is fine' })))).toEqual(['abandoned-send:8', 'ignore-of-unknown-rule:8', 0]);
    expect(told(await reviewed(null, program({ send: '//goleash:ignore' })))).toEqual(['abandoned-send:8', 'ignore-of-unknown-rule:8', 0]);
    expect(told(await reviewed(null, program({ send: '//goleash:ignore // why' })))).toEqual(['abandoned-send:8', 'ignore-of-unknown-rule:8', 0]);
  });

  test('is no remark where the remark is switched off, and can be a certain one', async () => {
    const text = program({ select: ignore });
    expect(told(await reviewed(null, text, { rules: { 'unused-ignore': 'off' } }))).toEqual(['abandoned-send:8', 0]);
    expect((await reviewed(null, text, { rules: { 'unused-ignore': 'certain' } })).leaks[1]?.confidence).toBe('certain');
  });

  test('of a rule that is switched off is not judged', async () => {
    expect(told(await reviewed(null, program({ send: ignore }), { rules: { 'abandoned-send': 'off' } }))).toEqual([0]);
    expect(told(await reviewed(null, program({ send: '//nolint:goleash' }), { rules: { 'abandoned-send': 'off' } }))).toEqual([0]);
  });

  test('in a function with a syntax error is not judged', async () => {
    expect(told(await reviewed(null, program({ send: ignore }).replace('return v', 'return ('))).at(-1)).toBe(0);
    expect((await reviewed(null, program({ send: ignore }).replace('return v', 'return ('))).leaks).toEqual([]);
  });

  test('where one way to the wait is ignored, the other ways are told', async () => {
    const shared = (comment: string): string => `package p

func one() {
	ch := make(chan int)
	go send(ch) ${comment}
}

func two() {
	ch := make(chan int)
	go send(ch)
}

func send(ch chan int) {
	ch <- 1
}
`;
    const found = await reviewed(null, shared(ignore));
    expect(told(found)).toEqual(['abandoned-send:14', 0]);
    expect(found.leaks[0]?.steps.map(({ line }) => line)).not.toContain(5);
    expect(told(await reviewed(null, shared(ignore).replace('go send(ch)\n', `go send(ch) ${ignore}\n`)))).toEqual([1]);
  });

  test('on a step of the witness is meant for it, because there the comment may stand; above the function of a step it is not', async () => {
    const apart = (doc: string, start: string): string => `package p

${doc}func Start() {
	ch := make(chan int)
	go send(ch) ${start}
}

func send(ch chan int) {
	ch <- 1
}
`;
    expect(told(await reviewed(null, apart('', ignore)))).toEqual([1]);
    expect(told(await reviewed(null, apart(`${ignore}\n`, '')))).toEqual(['unused-ignore:3', 'abandoned-send:10', 0]);
  });
});

describe('a change', () => {
  const ignored = program({ send: '//goleash:ignore abandoned-send it ends with the process' });
  const two = (first: string, second: string): string => `${program({ send: first })}\n${program({ send: second }).replace(/^package p\n\nimport "time"\n\n/u, '').replace('func fetch', 'func other').replace(/\nfunc work.*\n/u, '')}`;

  test('that takes an ignore away makes its leak reported, and only that', async () => {
    const text = '//goleash:ignore abandoned-send x';
    expect(told(await reviewed(ignored, leaky))).toEqual(['abandoned-send:8', 0]);
    expect(told(await reviewed(two(text, text), two('', text)))).toEqual(['abandoned-send:8', 0]);
    // The diff does not show the wait, but the step before it.
    expect(told(await reviewed(program({ doc: `${text}\n` }), leaky))).toEqual(['abandoned-send:7', 0]);
  });

  test('in one function makes no leak new where two of a kind are told apart by their order', async () => {
    const pair = (first: string): string => `package p

func twice() {
	ch := make(chan int)
	go func() { ch <- 1 }() ${first}
	if ch := make(chan int); ch != nil {
		go func() { ch <- 1 }()
	}
}
`;
    const text = '//goleash:ignore abandoned-send x';
    expect(told(await reviewed(pair(text), pair('')))).toEqual(['abandoned-send:5', 0]);
    expect(told(await reviewed(pair(''), pair(text)))).toEqual([1]);
  });

  test('that adds an ignore says nothing more', async () => {
    expect(told(await reviewed(leaky, ignored))).toEqual([1]);
  });

  test('that cures an ignored leak says that the ignore is left over; one that was left over before is not news', async () => {
    expect(told(await reviewed(ignored, ignored.replace('make(chan int)', 'make(chan int, 1)')))).toEqual(['unused-ignore:8', 0]);
    const left = ignored.replace('make(chan int)', 'make(chan int, 1)');
    expect(told(await reviewed(left, left.replace('return v', 'return v + 1')))).toEqual([0]);
  });

  test('of another function does not judge ignores of functions that were not analysed', async () => {
    const left = `${program({ send: '//goleash:ignore abandoned-send x' }).replace('make(chan int)', 'make(chan int, 1)')}\nfunc free() {}\n`;
    expect(told(await reviewed(left, left.replace('func free() {}', 'func free() { println() }')))).toEqual([0]);
  });
});

test('remarks have their words in both languages', async () => {
  for (const send of ['//goleash:ignore timer-drain x', '//goleash:ignore', '//goleash:ignore nothing x', '//nolint:goleash']) {
    const { leaks } = await reviewed(null, program({ send }).replace('make(chan int)', 'make(chan int, 1)'), { language: 'zh-CN' });
    expect(leaks.map(({ message }) => message)).toEqual([expect.stringMatching(/\p{Script=Han}/u)]);
  }
});

test('cured code with no ignore has no remark', async () => {
  expect(told(await reviewed(null, cured))).toEqual([0]);
});
