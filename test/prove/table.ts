import type { GroupProof, ProvenFunction } from './proof.ts';

/** What is published of a rule: one row of the accuracy table. */
export interface Row {
  readonly rule: string;
  readonly found: number;
  readonly silent: number;
  readonly miss: number;
  readonly noise: number;
  readonly leaks: string;
  readonly safes: string;
  readonly fixes: string;
  readonly judges: string;
}

function proven(functions: readonly ProvenFunction[]): string {
  return `${functions.filter(({ verdict }) => verdict.complaints.length === 0).length}/${functions.length}`;
}

function rowOf(rule: string, proofs: readonly GroupProof[]): Row {
  const functions = proofs.flatMap((proof) => proof.functions);
  const count = (said: ProvenFunction['say']): number => functions.filter((fn) => fn.say === said).length;
  const judged = functions.filter(({ verdict }) => verdict.judgesAgree !== null);
  const sum = (of: (proof: GroupProof) => number): number => proofs.reduce((total, proof) => total + of(proof), 0);
  return {
    rule,
    found: count('found'),
    silent: count('silent'),
    miss: count('miss'),
    noise: count('noise'),
    leaks: proven(functions.filter(({ fn }) => fn.leaks)),
    safes: proven(functions.filter(({ fn }) => !fn.leaks)),
    fixes: `${sum((proof) => proof.fixesProven)}/${sum((proof) => proof.fixesOffered)}`,
    judges: `${judged.filter(({ verdict }) => verdict.judgesAgree === true).length}/${judged.length}`,
  };
}

/** One row for each rule, and one for all of them. */
export function rowsOf(proofs: readonly GroupProof[]): Row[] {
  const rules = [...new Set(proofs.map((proof) => proof.group.rule))];
  return [...rules.map((rule) => rowOf(rule, proofs.filter((proof) => proof.group.rule === rule))), rowOf('all', proofs)];
}

const headings: Readonly<Record<keyof Row, string>> = {
  rule: 'rule', found: 'found', silent: 'silent', miss: 'miss', noise: 'noise',
  leaks: 'leaks proven', safes: 'safes proven', fixes: 'fixes proven', judges: 'judges agree',
};

/** The rows as aligned text. */
export function tableText(rows: readonly Row[]): string {
  const columns = Object.keys(headings) as (keyof Row)[];
  const lines = [headings, ...rows].map((row) => columns.map((column) => String(row[column])));
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')).join('\n');
}
