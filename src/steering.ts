/**
 * Control characters but tabs and line breaks, and the marks that turn the direction of writing: by them source is made to
 * look like something else, and a terminal is steered.
 */
const steering = /(?![\t\r\n])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text without characters that steer what shows it: in the place of each is what `shown` makes of it. */
export function withoutSteering(text: string, shown: (mark: string) => string): string {
  return text.replaceAll(steering, shown);
}

/** Whether a text holds characters that steer what shows it. */
export function steers(text: string): boolean {
  return text.search(steering) >= 0;
}
