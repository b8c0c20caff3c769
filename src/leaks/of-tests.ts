import type { File, FuncDecl } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { deref } from '../go/type.ts';

/** Whether only `go test` compiles a file. */
export function isTestFile({ path }: Pick<File, 'path'>): boolean {
  return path.endsWith('_test.go');
}

/** What only tests import for all that they do; `testing` itself stands beside production code where it has a helper for tests. */
const testPackages = /^(?:github\.com\/onsi\/(?:gomega|ginkgo(?:\/v2)?)|net\/http\/httptest)$/u;

/** Code of tests, and code that only tests call: it ends soon with its process. */
export function isOfTests(file: File, decl: FuncDecl, pkg: GoPackage): boolean {
  if (isTestFile(file) || /(?:^|\/)\w*(?:tests?|testing|testutils?|testhelpers?)\//u.test(file.path)) return true;
  if (file.imports.some(({ path }) => testPackages.test(path))) return true;
  return decl.type.params.some(({ type }) => {
    const target = deref(pkg.infer.typeExpr(type));
    return target.kind === 'named' && target.path === 'testing';
  });
}
