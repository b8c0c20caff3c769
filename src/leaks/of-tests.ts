import type { File, FuncDecl } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { deref, type Type } from '../go/type.ts';

/** Whether only `go test` compiles a file. */
export function isTestFile({ path }: Pick<File, 'path'>): boolean {
  return path.endsWith('_test.go');
}

/** What only tests import for all that they do; `testing` itself stands beside production code where it has a helper for tests. */
const testPackages = /^(?:github\.com\/onsi\/(?:gomega|ginkgo(?:\/v2)?)|net\/http\/httptest)$/u;

/** Whether a file is one of what stands in for something in tests. */
export function isOfDoubles({ path }: Pick<File, 'path'>): boolean {
  return doubles.test(path);
}

/** Tags by which people have code of tests built. */
const testTag = /^\/\/go:build (?:.*[\s(])?(?:unit|integration|e2e|tests?)\b/mu;

const doubles = /(?:^|\/)(?:\w*(?:mock|fake|stub)s?|simulations?)\/|(?:^|\/)(?:(?:mock|fake|stub)\w*|\w*_(?:mock|fake|stub|test_?utils?|test_?helpers?))\.go$/u;

/** Code of tests, and code that only tests call: it ends soon with its process. */
export function isOfTests(file: File, decl: FuncDecl, pkg: GoPackage): boolean {
  if (isTestFile(file) || isOfDoubles(file) || /(?:^|\/)\w*(?:tests?|testing|testutils?|testhelpers?)\//u.test(file.path)) return true;
  if (file.imports.some(({ path }) => testPackages.test(path)) || testTag.test(file.text.slice(0, file.text.indexOf('\npackage ')))) return true;
  return decl.type.params.some(({ type }) => isTesting(pkg.infer.typeExpr(type)));
}

/** `*testing.T`, `testing.TB` and the like. */
export function isTesting(type: Type): boolean {
  const target = deref(type);
  return target.kind === 'named' && target.path === 'testing';
}
