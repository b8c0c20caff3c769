import { expect, test } from 'vitest';
import { moduleOf } from '../src/go/module.ts';

test.each([
  ['go 1.22', [1, 22]],
  ['module m\n\ngo 1.24.1\n', [1, 24]],
  ['module m\n', [1, 16]],
])('the go line of %j', (goMod, version) => {
  expect(moduleOf(goMod).goVersion).toEqual(version);
});

test.each([
  ['requires nothing', 'module m\n\ngo 1.26\n', false],
  ['reads command lines', 'module m\n\nrequire github.com/spf13/cobra v1.8.0\n', true],
  ['reads command lines, by a later version', 'module m\n\nrequire (\n\tgithub.com/urfave/cli/v2 v2.27.0\n)\n', true],
  ['speaks at a terminal', 'module m\n\nrequire (\n\tgolang.org/x/term v0.20.0 // for passwords\n)\n', true],
  ['requires that for another only', 'module m\n\nrequire (\n\tgithub.com/spf13/cobra v1.8.0 // indirect\n)\n', false],
  ['is called like it', 'module github.com/spf13/cobra\n\ngo 1.26\n', false],
  ['serves, too', 'module m\n\nrequire (\n\tgithub.com/spf13/cobra v1.8.0\n\tgithub.com/go-chi/chi/v5 v5.1.0\n)\n', false],
  ['publishes measurements, too', 'module m\r\n\r\nrequire (\r\n\tgithub.com/spf13/cobra v1.8.0\r\n\tgithub.com/prometheus/client_golang v1.20.0\r\n)\r\n', false],
  ['replaces one', 'module m\n\nreplace github.com/spf13/cobra v1.8.0 => ../cobra\n', false],
  ['excludes one', 'module m\n\nexclude github.com/spf13/cobra v1.8.0\n', false],
])('a module that %s', (_, goMod, isTool) => {
  expect(moduleOf(goMod).isTool).toBe(isTool);
});

test.each([
  ['many empty lines', '\n'.repeat(1_000_000)],
  ['one long line', `require github.com/spf13/cobra v${'1'.repeat(1_000_000)} // indirect`],
  ['one long line of blanks', ' '.repeat(1_000_000)],
])('a go.mod of %s is read to its end', (_, goMod) => {
  expect(moduleOf(goMod)).toEqual({ goVersion: [1, 16], isTool: false });
});
