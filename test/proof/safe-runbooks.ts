import type { Plan } from '../../src/plan/plan.ts';
import type { Runbook } from '../../src/runbook/schema/runbook.ts';
import { alter, changed, step, take, type Lanes, type Procedure } from './gravelines.ts';

type Random = () => number;

/** The same numbers for the same seed, on every machine. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const trees = ['uploads', 'mail', 'certificates', 'templates', 'spool'];

/** A runbook as a careful team might write it: other trees, databases, lanes, ways and extras, no law broken. */
export function safePlan(seed: number): { readonly plan: Plan; readonly note: string } {
  const random = randomFrom(seed);
  const often = (share: number): boolean => random() < share;
  const notes: string[] = [];
  const procedure = often(0.5) ? 'activation' : 'return';
  const plan = changed(procedure, (phases, runbook) => {
    if (often(0.5))
      addTrees(phases, { procedure, count: 1 + Math.floor(random() * 3), ownLanes: often(0.4), preCopy: often(0.5) });
    if (often(0.3)) addDatabase(phases, runbook, procedure);
    if (often(0.3)) oneLane(phases, procedure === 'activation' ? 'restoration' : 'delta');
    if (often(0.3)) addRecord(phases, runbook);
    if (often(0.4)) changeRetries(phases, random);
    if (often(0.3)) withoutConfiguration(phases, procedure);
    if (often(0.3)) otherFences(phases);
    if (procedure === 'activation' && often(0.3)) phases['fencing']!['main']!.reverse();
    if (procedure === 'return' && often(0.2)) take(phases, 'pre-copy-files');
    if (procedure === 'return' && often(0.2)) {
      delete phases['settle-fencing'];
      take(phases, 'lift-fence');
    }
    addExtras(phases, random);
    if (often(0.2)) guarded(phases, procedure);
    notes.push(
      Object.entries(phases)
        .map(([phase, lanes]) => `${phase}: ${laneText(lanes)}`)
        .join('\n'),
    );
  });
  return { plan, note: `seed ${seed}, ${procedure}\n${notes.join('\n')}` };
}

function laneText(lanes: Lanes): string {
  return Object.values(lanes)
    .map((steps) => steps.map(({ id }) => id).join(' '))
    .join(' | ');
}

function addTrees(
  phases: Procedure,
  options: { procedure: string; count: number; ownLanes: boolean; preCopy: boolean },
): void {
  const { procedure, count, ownLanes, preCopy } = options;
  const back = procedure === 'return';
  const lanes = phases[back ? 'delta' : 'restoration']!;
  for (const tree of trees.slice(0, count)) {
    const copy = back
      ? { from: { host: 'gravelines', path: tree }, to: { host: 'limburg', path: tree }, staging: `${tree}-back` }
      : { from: { backup: 'files', path: tree }, to: { host: 'gravelines', path: tree } };
    const lane = ownLanes ? tree : Object.keys(lanes)[0]!;
    lanes[lane] = [...(lanes[lane] ?? []), step({ id: `copy-${tree}`, kind: 'copy', ...copy })];
    if (back && preCopy)
      phases['pre-copy']!['main']!.push(step({ id: `pre-${tree}`, kind: 'copy', ...copy, switch: false }));
  }
}

function addDatabase(phases: Procedure, runbook: Runbook, procedure: string): void {
  const databases = runbook.databases as Record<string, Runbook['databases'][string]>;
  databases['audit-north'] = { ...databases['production']!, name: 'audit' };
  databases['audit-south'] = { ...databases['recovery']!, name: 'audit' };
  const back = procedure === 'return';
  const database = back ? 'audit-north' : 'audit-south';
  phases[back ? 'delta' : 'restoration']!['audit'] = [
    ...(back ? [step({ id: 'dump-audit', kind: 'database', do: 'dump', database: 'audit-south' })] : []),
    step({
      id: 'fetch-audit',
      kind: 'database',
      do: 'fetch',
      database,
      from: back ? { dump: 'dump-audit' } : { backup: 'database' },
    }),
    step({ id: 'import-audit', kind: 'database', do: 'import', database, fetch: 'fetch-audit' }),
    step({ id: 'accept-audit', kind: 'gate', title: 'the audit database', covers: ['import-audit'] }),
    step({ id: 'switch-audit', kind: 'database', do: 'switch', database, import: 'import-audit' }),
  ];
}

function oneLane(phases: Procedure, phase: string): void {
  phases[phase] = { main: Object.values(phases[phase]!).flat() };
}

function addRecord(phases: Procedure, runbook: Runbook): void {
  const records = runbook.dns['kyc']!.records as Record<string, Runbook['dns'][string]['records'][string]>;
  records['api'] = { ...records['www']!, name: 'api.kyc.test' };
  for (const id of [
    'dns-to-recovery',
    'dns-back-to-production',
    'dns-to-production',
    'dns-back-to-recovery',
    'dns-stays-at-recovery',
  ]) {
    alter(phases, id, { records: ['www', 'api'] });
  }
}

function changeRetries(phases: Procedure, random: Random): void {
  for (const lanes of Object.values(phases)) {
    for (const { id } of Object.values(lanes).flat()) alter(phases, id, { retries: Math.floor(random() * 4) });
  }
}

function withoutConfiguration(phases: Procedure, procedure: string): void {
  take(phases, procedure === 'return' ? 'copy-configuration-back' : 'copy-configuration');
}

/** Ways that are taken back as they were made. */
function otherFences(phases: Procedure): void {
  const ways = [{ way: 'host', stop: ['systemctl', 'stop', 'app'], undo: ['systemctl', 'start', 'app'] }];
  for (const id of ['fence-production', 'lift-fence']) {
    try {
      alter(phases, id, { ways });
    } catch {
      continue;
    }
  }
}

/** What does no harm anywhere: messages, looks, work beside the live data; some of it may be skipped. */
function addExtras(phases: Procedure, random: Random): void {
  const skippable = (phase: string): boolean => !['restoration', 'delta'].includes(phase) && random() < 0.5;
  Object.entries(phases).forEach(([phase, lanes]) => {
    if (random() > 0.3) return;
    const id = `extra-${phase}`;
    const lane = Object.keys(lanes)[0]!;
    const look = { host: 'gravelines', run: ['true'], verify: ['true'] };
    const choices = [
      { kind: 'ticket', desks: ['mail'], milestone: id, subject: 'x', text: 'x' },
      { kind: 'command', ...look, title: 'list processes' },
      { kind: 'command', ...look, reads: ['files:gravelines:www'], title: 'count files' },
      {
        kind: 'command',
        ...look,
        host: 'backup-odd',
        writes: ['files:backup-odd:notes'],
        title: 'note on a backup host',
      },
      { kind: 'command', ...look, writes: ['files:gravelines:.drp/notes'], title: "note among drp's own files" },
      { kind: 'manual', text: 'call the customer', evidence: 'who, when' },
    ];
    const choice = choices[Math.floor(random() * choices.length)]!;
    lanes[lane] = [...lanes[lane]!, step({ id, ...choice, skippable: skippable(phase) })];
  });
}

/** Something final, behind a gate of its own. */
function guarded(phases: Procedure, procedure: string): void {
  const phase = procedure === 'return' ? 'confirmation' : 'information';
  phases[phase]!['main']!.push(
    step({ id: 'really-purge', kind: 'gate', title: 'purge now', covers: ['purge'] }),
    step({ id: 'purge', kind: 'command', host: 'backup-odd', run: ['true'], verify: ['true'], irreversible: true }),
  );
}
