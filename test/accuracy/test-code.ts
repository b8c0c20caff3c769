const testDirectory = /^(tests?|testing|.*testutils?|.*testhelpers?|.*integration(test)?s?|e2e|mocks?|fakes?|.*test)$/u;

/** Whether code runs in tests only, by where it is: `_test.go`, and directories that by their name serve tests. */
export function isTestCode(path: string): boolean {
  return path.endsWith('_test.go') || path.split('/').slice(0, -1).some((part) => testDirectory.test(part));
}
