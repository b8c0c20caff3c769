/**
 * Writes each rule's page, `fixtures/<rule>/README.md`, and the page of them all, from what the catalogue says of the rule, its fixtures, and what
 * their runs showed. `--check` writes nothing and fails when a page is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogue } from '../src/leaks/catalogue.ts';
import type { Meta } from '../src/leaks/rule.ts';
import { say } from '../test/prove/compare.ts';
import { engineConnected } from '../test/prove/findings.ts';
import { expectedParks, readGroups, type FixtureFunction, type Group } from '../test/prove/fixtures.ts';
import { readObserved } from '../test/prove/observed.ts';
import { withoutMarks } from '../test/prove/source.ts';
import { leftOut } from './left-out.ts';

const root = join(import.meta.dirname, '..', 'fixtures');

/** Said on every page until the engine is asked whether the comments are true. */
const unchecked = engineConnected ? [] : ['What we find is so far what the `// want` comments demand; the engine is not yet asked. · 目前列出的是 `// want` 注释的要求，尚未与引擎核对。', ''];

/** A leak, its cure, and what a goroutine profile shows of the leak. */
interface Example {
  readonly leak: FixtureFunction;
  readonly safe: FixtureFunction;
}

/** The function's text as it is shown: without marks, and without the word that tells leak and cure apart. */
function shown(fn: FixtureFunction): string[] {
  return withoutMarks(fn.declaration.text).replace(fn.name, fn.name.slice(4)).split('\n');
}

/** The leak that is marked as the example, or else the first that is found, if it has its cure beside it. */
function exampleOf(functions: readonly FixtureFunction[]): Example | undefined {
  const pairs = functions.filter((fn) => fn.leaks && fn.marks.some((mark) => mark.kind === 'want')).flatMap((leak) => {
    const safe = functions.find((fn) => fn.name === `Safe${leak.name.slice(4)}`);
    return safe === undefined ? [] : [{ leak, safe }];
  });
  return pairs.find(({ leak }) => leak.ownMarks.some((mark) => mark.kind === 'example')) ?? pairs[0];
}

/** A line diff by the longest common subsequence, in the form of a ```diff block. */
function diffLines(before: readonly string[], after: readonly string[]): string[] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = common[i];
    for (let j = after.length - 1; j >= 0 && row !== undefined; j--) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i] ?? ''}`.trimEnd());
      i++;
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${before[i++] ?? ''}`);
    } else {
      lines.push(`+${after[j++] ?? ''}`);
    }
  }
  return lines;
}

/** The doc comment, which begins with the function's name, as an item of a list. */
function item(fn: FixtureFunction, files: Group['files']): string {
  const { path, line, bodyLine, name } = fn.declaration;
  const lines = files.find((file) => file.path === path)?.text.split('\n').slice(line - 1, bodyLine - 1) ?? [];
  const prose = withoutMarks(lines.join('\n')).split('\n').map((comment) => comment.replace(/^\/\/ ?/u, '')).join(' ').trim();
  const file = path.slice(path.indexOf('/') + 1);
  return `- [\`${name}\`](${file}#L${bodyLine})${prose.startsWith(name) ? prose.slice(name.length) : ''}`;
}

function reasons(fn: FixtureFunction, kind: 'miss' | 'noise'): string[] {
  return fn.ownMarks.filter((mark) => mark.kind === kind).map((mark) => mark.text);
}

function sightings(text = ''): string[] {
  return text.split(', ');
}

function confirmSection(example: Example, seen: readonly string[], all: readonly string[]): string[] {
  const waits = [...new Set(all.map((sighting) => /\[(.*)\]$/u.exec(sighting)?.[1] ?? ''))].sort();
  const place = expectedParks(example.leak)[0];
  const where = place === undefined ? '' : ` (${place.path.slice(place.path.indexOf('/') + 1)}, line ${place.line})`;
  return [
    '## How to confirm it · 如何确认',
    '',
    `In \`/debug/pprof/goroutine?debug=2\`, look for the function and the wait reason; their number grows with every call. For the example${where}:`,
    '',
    '在 `/debug/pprof/goroutine?debug=2` 中查找下面的函数与等待原因；每调用一次，数量就会增长。对于上面的示例：',
    '',
    '```text',
    ...seen,
    '```',
    '',
    `Wait reasons seen for this rule · 本规则出现过的等待原因: ${waits.map((wait) => `\`${wait}\``).join(', ')}.`,
    '',
    'A program built with Go 1.26 and `GOEXPERIMENT=goroutineleakprofile`, or with Go 1.27 and later, names its leaked goroutines itself in `/debug/pprof/goroutineleak`.',
    '',
    '用 Go 1.26 加 `GOEXPERIMENT=goroutineleakprofile` 构建，或使用 Go 1.27 及以上版本，`/debug/pprof/goroutineleak` 会直接列出泄漏的 goroutine。',
    '',
  ];
}

function page(meta: Meta, groups: readonly Group[], observed: Readonly<Record<string, string>>): string {
  const files = groups.flatMap((group) => group.files);
  const functions = groups.flatMap((group) => group.functions);
  const leaks = functions.filter((fn) => fn.leaks);
  const safes = functions.filter((fn) => !fn.leaks);
  const missed = leaks.filter((fn) => reasons(fn, 'miss').length > 0);
  const noisy = safes.filter((fn) => reasons(fn, 'noise').length > 0);
  const example = exampleOf(functions);
  const certainty = meta.confidence === 'certain'
    ? ['It is `certain`: it may comment inline, and promises to be right 95 times in 100.', '它是 `certain` 级别：可以在行内评论，并承诺至少 95% 的准确率。']
    : ['It is `likely`: it is told in the check run, and never inline.', '它是 `likely` 级别：只出现在 check run 中，不会在行内评论。'];
  return [
    `<!-- Written by npm run pages from the catalogue and the fixtures in this folder. Change those. -->`,
    `# ${meta.case} · ${meta.title.en} · ${meta.title['zh-CN']}`,
    '',
    `Rule \`${meta.id}\`. ${meta.why.en} ${certainty[0] ?? ''}`,
    '',
    `规则 \`${meta.id}\`。${meta.why['zh-CN']}${certainty[1] ?? ''}`,
    '',
    ...(example === undefined ? [] : [
      '## Leak and cure · 泄漏与修复',
      '',
      '```diff',
      ...diffLines(shown(example.leak), shown(example.safe)),
      '```',
      '',
      ...confirmSection(example, sightings(observed[example.leak.name]), Object.values(observed).flatMap(sightings)),
    ]),
    '## What it finds · 能发现的情形',
    '',
    ...unchecked,
    ...leaks.filter((fn) => !missed.includes(fn)).map((fn) => item(fn, files)),
    '',
    '## What it stays silent on · 不会误报的情形',
    '',
    'Traps for whoever looks at the shape alone: none of these leaves a goroutine behind.',
    '',
    '只看代码形状就会误报的陷阱：以下代码都不会留下 goroutine。',
    '',
    ...safes.filter((fn) => !noisy.includes(fn)).map((fn) => item(fn, files)),
    '',
    '## What it cannot see · 局限',
    '',
    meta.cannotSee.en,
    '',
    meta.cannotSee['zh-CN'],
    '',
    ...missed.flatMap((fn) => [item(fn, files), `  Not found: ${reasons(fn, 'miss').join('; ')}.`]),
    ...noisy.flatMap((fn) => [item(fn, files), `  Reported though it is safe: ${reasons(fn, 'noise').join('; ')}.`]),
    ...(missed.length + noisy.length > 0 ? [''] : []),
    '## The proof · 证明',
    '',
    `${leaks.length} functions that leak and ${safes.length} that do not: each is run as a Go program, repeatedly, and what it leaves behind is read from the goroutine stacks and from the \`goroutineleak\` profile. A function's name states the truth, its \`// want\` comment our verdict, \`// parked\` the line where the goroutine stays. Every fix that is offered is applied, vetted and run in the same way.`,
    '',
    `${leaks.length} 个会泄漏的函数与 ${safes.length} 个不会泄漏的函数：每个都作为 Go 程序反复运行，再从 goroutine 栈和 \`goroutineleak\` profile 读出它留下了什么。函数名陈述事实，\`// want\` 注释是我们的判断，\`// parked\` 标出 goroutine 停住的行。给出的每个修复也会以同样方式应用、vet 并运行。`,
    '',
    '```sh',
    `npm run prove -- ${meta.id}`,
    '```',
    '',
  ].join('\n');
}

/** The page of all rules, with the four counts that say how good each is. */
function index(groupsOf: (meta: Meta) => readonly Group[]): string {
  const row = (meta: Meta): string => {
    const said = groupsOf(meta).flatMap((group) => group.functions.map(say));
    const counts = (['found', 'miss', 'silent', 'noise'] as const).map((kind) => said.filter((each) => each === kind).length);
    return `| [${meta.id}](${meta.id}/README.md) | ${meta.case} | ${meta.title.en} · ${meta.title['zh-CN']} | ${counts.join(' | ')} |`;
  };
  return [
    '<!-- Written by npm run pages from the catalogue and the fixtures. Change those. -->',
    '# Rules · 规则',
    '',
    'Each folder is a Go package of functions that leak a goroutine and of traps that do not. They are the tests of the rule, the examples on its page, and its proof: `npm run prove` runs every one of them.',
    '',
    '每个文件夹都是一个 Go 包，既有会泄漏 goroutine 的函数，也有不会泄漏的陷阱。它们同时是规则的测试、文档示例与证明：`npm run prove` 会逐个运行。',
    '',
    '| rule | case | | leaks found | leaks missed | safe, silent | safe, reported |',
    '| --- | --- | --- | --: | --: | --: | --: |',
    ...catalogue.map(row),
    '',
    ...unchecked,
    '## Left out · 不检查的情形',
    '',
    'Known shapes of leaks that no rule looks for, by their number in the catalogue of shapes that the cases above refer to.',
    '',
    '已知但没有规则检查的泄漏形状；编号与上表的 case 同属一份形状目录。',
    '',
    '| shape | why |',
    '| --- | --- |',
    ...leftOut.map(({ what, why }) => `| ${what.en} · ${what['zh-CN']} | ${why.en} ${why['zh-CN']} |`),
    '',
    '## Marks · 标记',
    '',
    'What a name and a comment say:',
    '',
    '- `Leak…` leaves a goroutine behind, `Safe…` does not. The run settles it.',
    '- `// want "regexp"`: here we report a finding whose rule and message match.',
    '- `// parked`: here the goroutine stays; without it, at the `// want`. `// spins`: from here on it runs round and round.',
    '- `// started`: this call starts a library\'s goroutine that stays.',
    '- `// miss: reason`: a leak that we do not find. `// noise: reason`: a safe function that we report.',
    '- `// reachable: reason`: the goroutine stays, but is not in the `goroutineleak` profile. `// exits: reason`: the function ends its process.',
    '- `// example`: the leak that the rule\'s page shows.',
    '- `//goleash:go 1.22` at the top of a file: the file is built, and read, as part of a main module of that Go version.',
    '',
  ].join('\n');
}

async function main(): Promise<number> {
  const check = process.argv.includes('--check');
  const [groups, observed] = await Promise.all([readGroups(root), readObserved(root)]);
  const groupsOf = (meta: Meta): Group[] => groups.filter((group) => group.rule === meta.id)
    .sort((a, b) => b.goVersion.localeCompare(a.goVersion, 'en', { numeric: true }));
  const pages = [
    { path: 'README.md', text: index(groupsOf) },
    ...catalogue.map((meta) => ({ path: `${meta.id}/README.md`, text: page(meta, groupsOf(meta), observed.rules[meta.id] ?? {}) })),
  ];
  const stale: string[] = [];
  for (const { path, text } of pages) {
    const file = join(root, path);
    if (await readFile(file, 'utf8').catch(() => '') === text) continue;
    if (check) stale.push(`fixtures/${path}`);
    else await writeFile(file, text);
  }
  if (stale.length > 0) console.error(`pages: stale: ${stale.join(', ')}. Run npm run pages.`);
  return stale.length === 0 ? 0 : 1;
}

process.exitCode = await main();
