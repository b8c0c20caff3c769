/** What is counted. `said` counts where we say anything; `right` where that agrees with Go. */
export const measures = ['local identifiers', 'package-level identifiers', 'fields and methods', 'members of other packages', 'imported calls', 'types of concurrency', 'reachable statements'] as const;
export type Measure = (typeof measures)[number];

export interface Count { asked: number; said: number; right: number }

/** One disagreement, for whoever mends it. */
export interface Disagreement { readonly measure: Measure; readonly path: string; readonly line: number; readonly text: string; readonly ours: string; readonly theirs: string }

export class Tally {
  readonly counts: Readonly<Record<Measure, Count>> = Object.fromEntries(measures.map((measure) => [measure, { asked: 0, said: 0, right: 0 }])) as Record<Measure, Count>;
  readonly disagreements: Disagreement[] = [];
  packages = 0;
  files = 0;

  /** Notes one answer; `ours` is null where we say nothing. */
  note(measure: Measure, agrees: boolean, ours: string | null, disagreement: () => Disagreement): void {
    const count = this.counts[measure];
    count.asked += 1;
    if (ours !== null) count.said += 1;
    if (agrees) count.right += 1;
    else this.disagreements.push(disagreement());
  }

  add(other: Tally): void {
    this.packages += other.packages;
    this.files += other.files;
    for (const measure of measures) {
      this.counts[measure].asked += other.counts[measure].asked;
      this.counts[measure].said += other.counts[measure].said;
      this.counts[measure].right += other.counts[measure].right;
    }
    this.disagreements.push(...other.disagreements);
  }
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${(Math.floor((part / whole) * 100_000) / 1000).toFixed(3)} %`;
}

/** The figures as a Markdown table. */
export function table(tally: Tally): string {
  const rows = measures.map((measure) => {
    const { asked, said, right } = tally.counts[measure];
    return `| ${measure} | ${asked} | ${percent(said, asked)} | ${percent(right, said)} | ${percent(right, asked)} |`;
  });
  return [`${tally.packages} packages, ${tally.files} files`, '', '| what | asked | we say | of that right | right of all |', '| --- | ---: | ---: | ---: | ---: |', ...rows].join('\n');
}
