import { expect, test } from '@jest/globals';
import { createConnectionCache, type EndingTransport } from '../../src/transports/connection-cache.ts';

test('all connections are closed side by side, the last made first; one that failed to open holds up none', async () => {
  const cache = createConnectionCache();
  const closed: string[] = [];
  const asked = new AbortController();
  const opened = (key: string) =>
    cache.share(key, () =>
      Promise.resolve({
        close: () => {
          closed.push(key);
          // Each waits until all have been asked.
          return new Promise<void>((resolve) => {
            if (closed.length === 3) asked.abort();
            if (asked.signal.aborted) resolve();
            else asked.signal.addEventListener('abort', () => resolve());
          });
        },
      } as unknown as EndingTransport),
    );
  for (const key of ['bastion', 'through', 'beyond']) await opened(key);
  await cache.share('away', () => Promise.reject(new Error('away'))).catch(() => undefined);
  await cache.closeAll();
  expect(closed).toEqual(['beyond', 'through', 'bastion']);
});
