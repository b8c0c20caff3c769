import { expect, test } from 'vitest';
import { walk } from '../src/go/ast.ts';
import { defaultModule } from '../src/go/module.ts';
import { GoPackage } from '../src/go/package.ts';
import { loadParser } from '../src/go/parse.ts';
import { errorValue } from '../src/leaks/error-values.ts';

const parse = await loadParser();

/** What `errorValue` says of the only result of `f`. */
function valueOf(result: string): string | null {
  const text = `package p
import ("errors"; "io"; mine "example.com/errors"; "example.com/base")
var ErrOwn = errors.New("own")
var errTheirs = mine.New("theirs")
var ErrAlias = base.ErrGone
var errLater error
var problem = mine.New("no name of an error")
func f(errParam error) error { return ${result} }
`;
  const pkg = new GoPackage('', [parse('p.go', text)], defaultModule);
  let found: string | null = null;
  for (const { decl } of pkg.funcs()) {
    walk(decl, (node) => {
      if (node.kind === 'ReturnStmt' && node.results[0]) found = errorValue(pkg, node.results[0]);
      return undefined;
    });
  }
  return found;
}

test.each([
  ['ErrOwn', 'ErrOwn'],
  ['errTheirs', 'errTheirs'],
  ['ErrAlias', 'ErrAlias'],
  ['io.EOF', 'io.EOF'],
  ['base.ErrGone', 'example.com/base.ErrGone'],
  ['errLater', null],
  ['problem', null],
  ['errParam', null],
  ['base.Problem', null],
  ['nil', null],
])('of %s: %s', (result, value) => {
  expect(valueOf(result)).toBe(value);
});
