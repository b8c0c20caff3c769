import type { PageAnswer } from './page.ts';

export function notFoundPage(): PageAnswer {
  return { status: 404, type: 'text/html; charset=utf-8', content: '<!doctype html><title>Not found</title><h1>404</h1>' };
}
