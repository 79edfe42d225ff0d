import type { DraftAnswers, DraftHost } from '../../src/runbook/draft.ts';

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

/** Answers that ask for everything a draft can have: a shop in two places, with names that need quoting. */
export const fullAnswers: DraftAnswers = {
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
