import { withoutSteering } from '../steering.ts';

/**
 * JSON that says the same and can be printed anywhere: what would steer a terminal, or what a runner of GitHub Actions takes for
 * a command wherever in a line it stands, is written as escapes.
 */
export function jsonText(value: object, indent = 0): string {
  return withoutSteering(JSON.stringify(value, null, indent), escape).replaceAll('##[', '\\u0023#[');
}

function escape(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
