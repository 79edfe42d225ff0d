import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dnsFacts } from '../lab/dns.ts';
import type { LabFacts } from '../lab/facts.ts';
import { writeKeys } from '../lab/keys.ts';
import { databaseFacts } from '../lab/postgres.ts';
import { makeHosts } from '../lab/sshd.ts';
import { webFacts } from '../lab/web.ts';

/** The facts a lab at this place has once it is up; nothing is started, nothing is left on disk. */
export function labFactsAt(place: { readonly dir: string; readonly net: string; readonly user: string }): LabFacts {
  const dir = mkdtempSync(join(tmpdir(), 'drp-facts-'));
  const lab = { dir, net: place.net, log: (): void => undefined };
  try {
    const address = (last: number): string => `${place.net}.${String(last)}`;
    const facts: LabFacts = {
      ...place,
      hosts: makeHosts(lab),
      ...writeKeys(lab),
      databases: { limburg: databaseFacts(lab, 'limburg'), gravelines: databaseFacts(lab, 'gravelines') },
      web: { limburg: webFacts(lab, 'limburg'), gravelines: webFacts(lab, 'gravelines') },
      dns: dnsFacts(lab),
      tickets: { url: `http://${address(44)}:8081`, queue: 'DRP', tokenFile: join(dir, 'tickets', 'token') },
      smtp: { address: address(45), port: 2525, mailbox: join(dir, 'mail') },
      backups: {
        database: { 'backup-even': '', 'backup-odd': '' },
        files: { 'backup-even': '', 'backup-odd': '' },
        dumps: [],
        trees: [],
      },
      outlet: join(dir, 'outlet'),
      skipped: [],
    };
    return JSON.parse(JSON.stringify(facts).replaceAll(dir, place.dir)) as LabFacts;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
