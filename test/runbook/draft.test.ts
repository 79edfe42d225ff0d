import { describe, expect, test } from '@jest/globals';
import { planDuration } from '../../src/plan/critical-path.ts';
import { resolvePlan, type Describe } from '../../src/plan/resolve.ts';
import { provePlan } from '../../src/proof/prove.ts';
import { draftRunbook, type DraftAnswers, type DraftHost } from '../../src/runbook/draft.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { StepKindName } from '../../src/runbook/schema/steps.ts';
import { loadStepKinds } from '../../src/steps/index.ts';
import { describeFixture } from '../plan/describe-fixture.ts';

const host = (name: string, datacentre: string, last: number): DraftHost => ({
  name,
  datacentre,
  address: `192.0.2.${last}`,
  port: 22,
  user: 'ops',
  base: '/srv',
  hostKeys: ['ssh-ed25519 AAAA'],
  identity: { file: '/etc/machine-id', text: `id of ${name}: "quoted"` },
});

const full: DraftAnswers = {
  site: 'south',
  title: "the shop, 'south': second site",
  objectives: { rto: '4h', filesLoss: '1d', databaseLoss: '2h', skew: '4h' },
  datacentres: { north: 'Limburg', south: 'Gravelines', west: 'Roubaix' },
  service: { name: 'www.example.org', url: 'https://www.example.org/' },
  production: host('web-north', 'north', 10),
  recovery: host('web-south', 'south', 20),
  backupHosts: [host('even', 'north', 31), host('odd', 'west', 32)],
  files: { path: 'www', backup: { every: '1d', folder: 'backups/files', pattern: '{time}' } },
  database: {
    name: 'shop',
    user: 'shop',
    port: 5432,
    passwords: { production: { file: '/etc/drp/north' }, recovery: { env: 'SOUTH' } },
    applicationRoles: ['app'],
    backup: { every: '2h', folder: 'backups/database', pattern: 'shop-{time}.dump' },
  },
  dns: {
    zone: 'example.org',
    record: { name: 'www.example.org', type: 'A', ttl: '5m' },
    provider: {
      kind: 'rfc2136',
      address: '198.51.100.53',
      port: 53,
      keyName: 'drp',
      keySecret: { file: '/etc/drp/tsig' },
    },
    servers: [{ name: 'ns1.example.org', address: '198.51.100.53', port: 53, datacentre: 'west' }],
  },
  mail: { address: '192.0.2.45', port: 25, from: 'drp@example.org', to: ['crisis@example.org'] },
  people: [
    { id: 'anne', name: 'Anne', roles: ['authoriser'], keys: ['ssh-ed25519 AAAA'] },
    { id: 'otto', name: 'Otto', roles: ['operator'], osUser: 'otto', keys: [] },
  ],
  maintenanceFlag: 'flags/maintenance',
};
const { database: _database, mail: _mail, ...bare } = full;

describe('a drafted runbook', () => {
  test.each([
    ['from all answers', full],
    ['without database and desk', bare],
    [
      'for one person alone',
      {
        ...bare,
        people: [{ id: 'sole', name: 'Sole', roles: ['authoriser', 'operator', 'approver'], osUser: 'sole', keys: [] }],
      },
    ],
    [
      'on Route 53',
      {
        ...full,
        dns: {
          ...full.dns,
          provider: { kind: 'route53', zoneId: 'Z1', accessKeyId: 'AKIA', secretAccessKey: { file: '/s' } },
        },
      },
    ],
  ] as readonly (readonly [string, DraftAnswers])[])(
    '%s is read without a problem, and both procedures can be planned',
    (_, answers) => {
      const text = draftRunbook(answers);
      const { runbook, problems } = parseRunbook(text, { file: 'south.yaml' });
      expect(problems).toEqual([]);
      for (const procedure of ['activation', 'return'] as const) {
        const plan = resolvePlan(runbook!, { file: 'south.yaml', text }, { procedure, describe: describeFixture });
        expect(planDuration(plan).criticalPath.length).toBeGreaterThan(5);
      }
    },
  );

  test('is proven safe, both ways', async () => {
    const kinds = await loadStepKinds();
    const text = draftRunbook(full);
    const { runbook } = parseRunbook(text, { file: 'south.yaml' });
    for (const procedure of ['activation', 'return'] as const) {
      const describe: Describe = (spec, world) => kinds.get(spec.kind as StepKindName)!.describe(spec as never, world);
      const plan = resolvePlan(runbook!, { file: 'south.yaml', text }, { procedure, describe });
      expect(provePlan(plan).breaches).toEqual([]);
    }
  });

  test('keeps every answer as it was given', () => {
    const { runbook } = parseRunbook(draftRunbook(full), { file: 'south.yaml' });
    expect(runbook).toMatchObject({
      title: full.title,
      hosts: { 'web-north': { identity: full.production.identity, address: '192.0.2.10' } },
    });
  });

  test('asks for signatures where somebody can sign, and for another than the starter where there is one', () => {
    const { runbook } = parseRunbook(draftRunbook(full), { file: 'south.yaml' });
    expect(runbook?.gates['declaration']).toMatchObject({
      roles: ['authoriser'],
      strength: 'ssh-key',
      notTheStarter: true,
    });
  });

  test('explains its phases in comments', () => {
    expect(draftRunbook(full).match(/^ *# /gm)!.length).toBeGreaterThan(25);
  });
});
