import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../src/leaks/catalogue.ts';
import { compareComments, compareFindings } from './prove/compare.ts';
import { analysed, engineConnected, findings } from './prove/findings.ts';
import { readGroups } from './prove/fixtures.ts';

const groups = await readGroups(join(import.meta.dirname, '..', 'fixtures'));
const rules = [...new Set(groups.map((group) => group.rule))];
const unconnected = engineConnected ? '' : ': skipped, the engine is not connected in test/prove/findings.ts';
if (unconnected !== '') process.stderr.write(`fixtures: the comparison with our findings is${unconnected.slice(1)}\n`);

describe('fixtures', () => {
  it('has one folder for each rule, and one rule for each folder', () => {
    expect(rules).toEqual(catalogue.map((rule) => rule.id).sort());
  });

  it.each(rules)('%s has at least 4 leaks and 6 traps', (rule) => {
    const functions = groups.filter((group) => group.rule === rule).flatMap((group) => group.functions);
    expect(functions.filter((fn) => fn.leaks).length).toBeGreaterThanOrEqual(4);
    expect(functions.filter((fn) => !fn.leaks).length).toBeGreaterThanOrEqual(6);
  });

  it('has pages that are not stale', async () => {
    const root = join(import.meta.dirname, '..');
    const pages = promisify(execFile)(process.execPath, [join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), join(root, 'scripts', 'rule-pages.ts'), '--check']);
    await expect(pages).resolves.toMatchObject({ stderr: '' });
  });

  describe.each(groups.map((group) => ({ name: `${group.rule}, Go ${group.goVersion}`, group })))('$name', ({ group }) => {
    it('states one verdict for each function', () => {
      expect(compareComments(group)).toEqual([]);
    });

    it.skipIf(!engineConnected)(`is reported as its comments say${unconnected}`, async () => {
      expect(compareFindings(group, await findings(analysed(group, group.files), analysed(group, group.before)))).toEqual([]);
    });
  });
});
