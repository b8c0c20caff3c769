import { notFoundPage } from './html.ts';
import type { World } from './state.ts';

export interface PageAnswer {
  readonly status: number;
  readonly type: string;
  readonly content: string | Buffer;
}

/** A page for a browser. */
export function answerPage(world: World, path: string): Promise<PageAnswer> {
  if (path === world.url) return Promise.resolve(notFoundPage());
  return Promise.resolve(notFoundPage());
}
