import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editRunbook, type Edit, type EditValue } from '../../src/runbook/edit.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { LabFacts } from './facts.ts';

/** The place the shipped runbooks are written for. */
const shippedDir = '/tmp/drp-lab';
const shippedNet = '127.0.77';

/** Writes DIR/runbooks/gravelines.yaml, the shipped runbook made to fit this lab and its name's TTL; gives its path. */
export function writeRunbook(facts: LabFacts, ttlSeconds?: number): string {
  const folder = join(facts.dir, 'runbooks');
  const file = join(folder, 'gravelines.yaml');
  mkdirSync(folder, { recursive: true });
  const shipped = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
  const rendered = renderForWorld(shipped, facts);
  const ttl = ttlSeconds === undefined ? [] : [set('dns.kyc.records.www.ttl', `${String(ttlSeconds)}s`)];
  writeFileSync(file, editRunbook(rendered, ttl));
  return file;
}

/**
 * The runbook for a lab at another place or net: addresses, ports, users, folders, keys, identities, secrets' files, desks,
 * people. Desks a lab could not start are taken out. Throws with every problem where the result is no valid runbook.
 */
export function renderForWorld(text: string, facts: LabFacts): string {
  const moved = text.replaceAll(`${shippedDir}/`, `${facts.dir}/`).replaceAll(`${shippedNet}.`, `${facts.net}.`);
  const rendered = editRunbook(moved, [
    ...hostEdits(facts),
    ...databaseEdits(facts),
    ...webEdits(facts),
    ...dnsEdits(facts),
    ...deskEdits(moved, facts),
    ...peopleEdits(facts),
  ]);
  const { problems } = parseRunbook(rendered, { file: 'gravelines.yaml' });
  if (problems.length > 0)
    throw new Error(problems.map((problem) => `${String(problem.line)}: ${problem.message}`).join('\n'));
  return rendered;
}

const set = (path: string, value: EditValue): Edit => ({ path: path.split('.'), value });

function hostEdits(facts: LabFacts): readonly Edit[] {
  return (['limburg', 'gravelines', 'backup-even', 'backup-odd'] as const).flatMap((name) => {
    const host = facts.hosts[name];
    const from = name === 'gravelines' ? facts.hosts.limburg : facts.hosts.gravelines;
    return [
      set(`hosts.${name}.address`, host.address),
      set(`hosts.${name}.port`, host.port),
      set(`hosts.${name}.user`, facts.user),
      set(`hosts.${name}.base`, host.base),
      set(`hosts.${name}.hostKeys`, [host.hostKey]),
      set(`hosts.${name}.identity.file`, host.identityFile),
      set(`hosts.${name}.identity.text`, host.identity),
      set(`hosts.${name}.keyFile`, facts.operatorKey),
      ...(from.sshConfig === undefined ? [] : [set(`hosts.${name}.peers.sshConfig`, from.sshConfig)]),
    ];
  });
}

const sides = [
  ['production', 'limburg'],
  ['recovery', 'gravelines'],
] as const;

function databaseEdits(facts: LabFacts): readonly Edit[] {
  return sides.flatMap(([side, site]) => {
    const database = facts.databases[site];
    return [
      set(`databases.${side}.address`, database.host),
      set(`databases.${side}.port`, database.port),
      set(`databases.${side}.name`, database.name),
      set(`databases.${side}.user`, database.user),
      set(`databases.${side}.password.file`, database.passwordFile),
    ];
  });
}

function webEdits(facts: LabFacts): readonly Edit[] {
  const { web } = facts;
  if (web === undefined) return [];
  const url = new URL('/', `https://${web.limburg.name}:${String(web.limburg.tlsPort)}`);
  return [
    set('service.name', web.limburg.name),
    set('service.url', url.href),
    set('service.caFile', web.limburg.caFile),
    ...sides.flatMap(([side, site]) => [
      set(`service.${side}.address`, web[site].address),
      set(`service.${side}.port`, web[site].tlsPort),
    ]),
  ];
}

function dnsEdits(facts: LabFacts): readonly Edit[] {
  const { dns } = facts;
  if (dns === undefined) return [];
  return [
    set('dns.kyc.zone', dns.zone),
    set('dns.kyc.provider.address', dns.primary.address),
    set('dns.kyc.provider.port', dns.primary.port),
    set('dns.kyc.provider.keyName', dns.tsigName),
    set('dns.kyc.provider.keySecret.command.3', dns.tsigFile),
    ...dns.servers.flatMap((server, index) => [
      set(`dns.kyc.servers.${String(index)}.name`, server.name),
      set(`dns.kyc.servers.${String(index)}.address`, server.address),
      set(`dns.kyc.servers.${String(index)}.port`, server.port),
    ]),
  ];
}

function deskEdits(text: string, facts: LabFacts): readonly Edit[] {
  const { tickets, smtp } = facts;
  const mail = smtp === undefined ? [] : [set('desks.mail.address', smtp.address), set('desks.mail.port', smtp.port)];
  if (tickets !== undefined) {
    return [
      ...mail,
      set('desks.tickets.url', tickets.url),
      set('desks.tickets.queue', tickets.queue),
      set('desks.tickets.token.file', tickets.tokenFile),
    ];
  }
  const mailOnly = ticketSteps(text).map((path): Edit => ({ path: [...path, 'desks'], value: ['mail'] }));
  return [...mail, { path: ['desks', 'tickets'], remove: true }, ...mailOnly];
}

function ticketSteps(text: string): readonly (readonly (string | number)[])[] {
  const { runbook } = parseRunbook(text, { file: 'gravelines.yaml' });
  if (runbook === undefined) return [];
  return (['activation', 'return'] as const).flatMap((procedure) =>
    Object.entries(runbook[procedure]).flatMap(([phase, content]) =>
      Array.isArray(content)
        ? content.flatMap((step, index) => (step.kind === 'ticket' ? [[procedure, phase, index]] : []))
        : Object.entries(content ?? {}).flatMap(([lane, steps]) =>
            steps.flatMap((step, index) => (step.kind === 'ticket' ? [[procedure, phase, lane, index]] : [])),
          ),
    ),
  );
}

function peopleEdits(facts: LabFacts): readonly Edit[] {
  const keys = (['anne', 'otto', 'vera'] as const).map((name) =>
    set(`people.${name}.keys`, [facts.people[name].publicKey]),
  );
  return [...keys, set('people.otto.osUser', facts.user), set('allowedSigners', facts.allowedSigners)];
}
