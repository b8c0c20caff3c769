import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ArtifactLocation, Location, Log, Region, Replacement, ReportingDescriptor, Result, Run } from 'sarif';
import { lineBreakOf } from '../apply-edits.ts';
import type { Edit, Leak } from '../finding.ts';
import { named } from '../leaks/catalogue.ts';
import { pageUrl } from '../leaks/page-url.ts';
import type { Meta } from '../leaks/rule.ts';
import { caseName, type Language } from '../words.ts';
import { headLocation } from './head-location.ts';
import { jsonText } from './json-text.ts';
import type { Report } from './report.ts';
import { homepage } from './words.ts';

/** SARIF 2.1.0, which GitHub code scanning and most editors read. Source: OASIS "Static Analysis Results Interchange Format". */
export function sarif(report: Report): string {
  const { review, language, version } = report;
  const run: Run = {
    tool: {
      driver: { name: 'goleash', semanticVersion: version, informationUri: homepage, language, rules: named.map((meta) => descriptor(meta, language)) },
    },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: true,
        toolExecutionNotifications: review.problems.map(({ path, says }) => ({
          level: 'warning',
          message: { text: says },
          locations: [{ physicalLocation: { artifactLocation: artifact(path) } }],
        })),
      },
    ],
    results: review.leaks.map((leak) => result(leak, report)),
  };
  const log: Log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${jsonText(log, 2)}\n`;
}

function descriptor(meta: Meta, language: Language): ReportingDescriptor {
  return {
    id: meta.id,
    name: meta.id,
    shortDescription: { text: `${caseName(meta.case, language)} · ${meta.title[language]}` },
    fullDescription: { text: meta.why[language] },
    help: { text: meta.cannotSee[language] },
    helpUri: pageUrl(meta.id),
    defaultConfiguration: { level: level(meta.confidence) },
  };
}

function result(leak: Leak, report: Report): Result {
  const at = headLocation(leak);
  const steps = leak.steps.map((step) => ({ location: { ...location(step.path, { startLine: step.line }), message: { text: step.says } } }));
  const rule = named.findIndex((meta) => meta.id === leak.rule);
  return {
    ruleId: leak.rule,
    ...(rule < 0 ? {} : { ruleIndex: rule }),
    level: level(leak.confidence),
    message: { text: leak.message },
    locations: [
      {
        ...location(at.path, { startLine: at.line, endLine: at.endLine }),
        logicalLocations: [{ fullyQualifiedName: leak.function, kind: 'function' }],
      },
    ],
    partialFingerprints: { 'goleash/v1': leak.fingerprint },
    ...(steps.length === 0 ? {} : { codeFlows: [{ threadFlows: [{ locations: steps }] }] }),
    ...(leak.fix === null ? {} : { fixes: [{ description: { text: leak.fix.title }, artifactChanges: changes(leak.fix.edits, report) }] }),
    properties: { case: leak.case, confidence: leak.confidence },
  };
}

function level(confidence: Leak['confidence']): 'warning' | 'note' {
  return confidence === 'certain' ? 'warning' : 'note';
}

function location(path: string, region: Region): Location {
  return { physicalLocation: { artifactLocation: artifact(path), region } };
}

function artifact(path: string): ArtifactLocation {
  return { uri: isAbsolute(path) ? pathToFileURL(path).href : path.split('/').map(encodeURIComponent).join('/') };
}

function changes(edits: readonly Edit[], report: Report): { artifactLocation: ArtifactLocation; replacements: Replacement[] }[] {
  const paths = [...new Set(edits.map((edit) => edit.path))];
  return paths.map((path) => ({
    artifactLocation: artifact(path),
    replacements: edits.filter((edit) => edit.path === path).map((edit) => replacement(edit, lineBreakOf(report.textOf('RIGHT', path) ?? ''))),
  }));
}

/** A region without columns ends before its last line's break, as an edit's text does; only a deletion takes the break too. */
function replacement({ startLine, endLine, newText }: Edit, lineBreak: string): Replacement {
  return newText === ''
    ? { deletedRegion: { startLine, startColumn: 1, endLine: endLine + 1, endColumn: 1 } }
    : { deletedRegion: { startLine, endLine }, insertedContent: { text: newText.replaceAll('\n', lineBreak) } };
}
