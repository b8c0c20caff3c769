import { github } from './github.ts';
import { json } from './json.ts';
import { pretty } from './pretty.ts';
import { rdjsonl } from './rdjsonl.ts';
import type { Report } from './report.ts';
import { sarif } from './sarif.ts';

/** Every way to print a report, by the name that `--format` takes. */
export const formats = { pretty, json, sarif, rdjsonl, github } satisfies Record<string, (report: Report) => string>;

export type Format = keyof typeof formats;
