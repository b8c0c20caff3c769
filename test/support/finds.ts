import { aReview } from './leak.ts';
import type { Leak } from '../../src/finding.ts';
import type { AppUnderTestOptions } from './app-under-test.ts';

export type ReviewOf = NonNullable<AppUnderTestOptions['review']>;

/** An analysis that reads as the App's own does, and finds these leaks. */
export function finds(...leaks: readonly Leak[]): ReviewOf {
  return async (source) => {
    const changes = await source.diff();
    const paths = changes.filter(({ path, status }) => path.endsWith('.go') && status !== 'removed').map(({ path }) => path);
    await source.texts('head', paths);
    await source.directories('head', ['fetch']);
    await source.texts('head', ['go.mod']);
    await source.texts('base', paths);
    return aReview({ leaks, goFiles: paths.length });
  };
}
