import type { FileText } from './source.ts';

/**
 * Larger files are not read. The largest hand-written Go files are below 1 MB; what is larger is generated data,
 * and parsing 10 MB would take more than two seconds, all of it spent on a file that nobody reviews.
 */
export const maxFileBytes = 10 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a file's bytes, or why they are none. A byte order mark stays, so that a fix to the first line keeps it. */
export function fileText(bytes: Uint8Array): FileText {
  if (bytes.byteLength > maxFileBytes) return { kind: 'unreadable', why: 'too-large' };
  if (bytes.includes(0)) return { kind: 'unreadable', why: 'binary' };
  try {
    return { kind: 'text', text: utf8.decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'unreadable', why: 'not-utf8' };
    throw error;
  }
}
