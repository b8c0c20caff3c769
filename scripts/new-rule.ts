/** Begins a rule: `npm run new-rule ID` writes `fixtures/ID/` with one leak and its cure, and says what is to do next. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

function fixture(id: string): string {
  return `// Package ${id.replaceAll('-', '')} holds goroutines that …, and code that only looks so.
package ${id.replaceAll('-', '')}

// LeakFirst starts a goroutine that nobody wakes.
func LeakFirst() {
	ch := make(chan int)
	go func() {
		ch <- 1 // want "${id}"
	}()
}

// SafeFirst leaves room for the value.
func SafeFirst() {
	ch := make(chan int, 1)
	go func() {
		ch <- 1
	}()
}
`;
}

const id = process.argv[2] ?? '';
if (!/^[a-z]+(?:-[a-z]+)*$/u.test(id)) {
  console.error('usage: npm run new-rule ID, where ID is in kebab-case, such as abandoned-send');
  process.exitCode = 2;
} else {
  const folder = join(import.meta.dirname, '..', 'fixtures', id);
  await mkdir(folder);
  await writeFile(join(folder, 'first.go'), fixture(id));
  console.log(`Wrote fixtures/${id}/first.go. Next:
1. Write at least 4 Leak… and 6 Safe… functions until npm run prove -- ${id} --runtime-only --write agrees that they leak and do not.
2. Describe the rule in src/leaks/catalogue.ts, and write src/leaks/rules/${id}.ts.
3. npm test, npm run prove -- ${id}: our findings, fixes and // want comments agree.
4. npm run pages, and read fixtures/${id}/README.md as a stranger would.`);
}
