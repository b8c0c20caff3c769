import type { Judged, KernelResult } from './kernel.ts';
import { textTable } from './text-table.ts';

/** One kernel in a few lines. */
export function kernelText({ label, isFound, reports, cured, problems }: KernelResult): string {
  const say = (where: string, { leak, worth }: Judged): string => `       ${where}${worth}: ${leak.rule} (${leak.confidence}) line ${leak.line} [${leak.steps.map((step) => step.line).join(' ')}]`;
  return [
    `${isFound ? 'HIT ' : 'miss'} ${label.id}  ${label.type}, ${label.subtype}, feasible: ${label.static_feasible}  leak ${label.leak_lines.join(' ')}  cause ${label.cause_lines.join(' ')}`,
    ...reports.map((one) => say('', one)),
    ...(cured ?? []).map((one) => say('cured: ', one)),
    ...problems.map((problem) => `       not judged: ${problem}`),
  ].join('\n');
}

export function kernelTables(all: readonly KernelResult[]): string {
  const rowOf = (name: string, some: readonly KernelResult[]): (string | number)[] => [name, `${some.filter(({ isFound }) => isFound).length}/${some.length}`, count(some.map(({ reports }) => reports))];
  const by = (heading: string, of: (one: KernelResult) => string): string =>
    textTable([[heading, 'found', 'false alarms'], ...[...new Set(all.map(of))].sort().map((value) => rowOf(value, all.filter((one) => of(one) === value)))]);
  const cured = all.flatMap((one) => (one.cured === null ? [] : [one.cured]));
  return [
    by('type', ({ label }) => label.type),
    by('subtype', ({ label }) => label.subtype),
    by('feasible for a static tool', ({ label }) => label.static_feasible),
    textTable([['', 'found', 'false alarms'], rowOf('all kernels', all), ['cured kernels', `of ${cured.length}`, count(cured)]]),
  ].join('\n\n');
}

function count(reports: readonly (readonly Judged[])[]): number {
  return reports.flat().filter(({ worth }) => worth === 'false-alarm').length;
}
