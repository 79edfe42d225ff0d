import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { service } from '../../../src/runbook/schema/world.ts';
import { maintenanceStep } from '../../../src/steps/maintenance/maintenance-step.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

async function severityAt(port: number, more: Record<string, unknown>): Promise<string | undefined> {
  const spec = specOf({ kind: 'maintenance', side: 'production', state: 'off', flag: 'flags/maintenance', ...more });
  const production = { host: 'limburg', address: '127.0.0.1', port };
  const recovery = { host: 'gravelines', address: '127.0.0.1', port };
  const world = { service: service.parse({ name: 'kyc', url: 'http://www.kyc.test/', production, recovery }) };
  const [item] = (await maintenanceStep.evidence?.(plannedStep(spec), spec, stepContext({ world }))) ?? [];
  return item?.severity;
}

/** Answers every request with one status, or, where that is undefined, has let its port go again. */
async function withSite<T>(status: number | undefined, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((_request, response) =>
    response.writeHead(status ?? 200, { 'retry-after': '120' }).end(),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  if (status === undefined) await close();
  try {
    return await use(port);
  } finally {
    if (status !== undefined) await close();
  }
}

describe('what a gate shows of a side that is to be opened', () => {
  test('is red when nobody answers there and only a flag opens it', async () => {
    expect(await withSite(undefined, (port) => severityAt(port, {}))).toBe('red');
  });

  test('asks for attention when it answers neither way, or is silent and has a command that starts it', async () => {
    expect(await withSite(500, (port) => severityAt(port, {}))).toBe('attention');
    expect(await withSite(undefined, (port) => severityAt(port, { off: ['start-site'] }))).toBe('attention');
  });

  test('is well when it serves or waits in maintenance, and when it is to be closed, whatever it does', async () => {
    expect(await withSite(200, (port) => severityAt(port, {}))).toBe('ok');
    expect(await withSite(503, (port) => severityAt(port, {}))).toBe('ok');
    expect(await withSite(undefined, (port) => severityAt(port, { state: 'on' }))).toBe('ok');
  });
});
