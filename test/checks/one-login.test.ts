import { expect, test } from '@jest/globals';
import { oneLoginEach } from '../../src/checks/one-login.ts';
import type { Transport, TransportPool } from '../../src/transports/transport.ts';

function counting(answer: () => Promise<Transport>): { readonly pool: TransportPool; readonly logins: string[] } {
  const logins: string[] = [];
  const connect = (name: string): Promise<Transport> => {
    logins.push(name);
    return answer();
  };
  return { logins, pool: oneLoginEach({ connect, closeAll: async () => undefined }) };
}

test('a host that refuses is asked once, however many probes ask', async () => {
  const { pool, logins } = counting(() => Promise.reject(new Error('refused')));
  const asked = [pool.connect('web'), pool.connect('web'), pool.connect('db')];
  for (const one of asked) await expect(one).rejects.toThrow('refused');
  await expect(pool.connect('web')).rejects.toThrow('refused');
  expect(logins).toEqual(['web', 'db']);
});

test('a probe that is given up does not end the login of the others', async () => {
  let arrive: (transport: Transport) => void = () => undefined;
  const transport = {} as Transport;
  const { pool, logins } = counting(() => new Promise((resolve) => (arrive = resolve)));
  const leave = new AbortController();
  const left = pool.connect('web', { signal: leave.signal });
  const stayed = pool.connect('web', { signal: new AbortController().signal });
  leave.abort(new Error('given up'));
  await expect(left).rejects.toThrow('given up');
  arrive(transport);
  expect(await stayed).toBe(transport);
  expect(logins).toEqual(['web']);
});
