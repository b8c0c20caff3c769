import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { deadline } from '../src/deadline.ts';
import { collectGarbage } from './support/collect-garbage.ts';
import type { AddressInfo } from 'node:net';

const silent = createServer(() => undefined);

afterEach(() => {
  silent.closeAllConnections();
  silent.close();
});

test('what waits for an answer is told that it is late, though garbage is collected meanwhile', async () => {
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const job = new AbortController();
  const collecting = setInterval(collectGarbage, 50);
  const requests = Array.from({ length: 5 }, () => fetch(url, { signal: AbortSignal.any([job.signal, deadline(500)]) }));
  const ends = await Promise.allSettled(requests);
  clearInterval(collecting);
  expect(ends.map((end) => (end.status === 'rejected' ? (end.reason as Error).name : 'answered'))).toEqual(requests.map(() => 'TimeoutError'));
});
