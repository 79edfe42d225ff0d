import type { DraftAnswers } from './draft-answers.ts';
import { inlineYaml, type EditValue } from './edit.ts';

type Step = { readonly [key: string]: EditValue };

/** The activation of a drafted runbook: the order of the skeleton, with what the answers name. */
export function activationDraft(answers: DraftAnswers): string {
  return procedure(
    'activation',
    '# The day of the disaster. Before fencing stands the gate declaration; before restoration and switchover one each.',
    [
      phase('fencing', 'Keeps production from taking writes again, and the standby closed until it is restored.', [
        fence(answers),
        maintenance(answers, 'close-recovery', { side: 'recovery', state: 'on' }),
      ]),
      lanes('restoration', 'Brings files and database from the backups chosen at the gate.', {
        files: [
          {
            id: 'copy-files',
            kind: 'copy',
            from: { backup: 'files' },
            to: target(answers, 'recovery'),
            expect: '2h',
            retries: 2,
          },
        ],
        database: importSteps(answers, 'recovery', { backup: 'database' }),
      }),
      phase('verification', 'Proves that the restored side works, at its own address.', [
        { id: 'verify-recovery', kind: 'http', against: 'recovery' },
      ]),
      phase('information', 'Tells people, before users are moved.', [
        message(answers, 'ready', 'the recovery site is ready, DNS next'),
      ]),
      phase('switchover', 'Moves users.', [
        maintenance(answers, 'open-recovery', { side: 'recovery', state: 'off' }),
        dns('dns-to-recovery', 'switch', 'recovery'),
      ]),
      phase('confirmation', 'Proves that users arrive.', [
        { id: 'confirm-recovery', kind: 'http', against: 'dns', expectSide: 'recovery', patience: '2m' },
        message(answers, 'served', 'users are served from the recovery site'),
        dns('await-old-answers', 'await-old-ttl'),
        dns('restore-ttl', 'restore-ttl'),
      ]),
      phase('switch-back', 'Only when an operator asks for it after a failed confirmation.', [
        maintenance(answers, 'close-recovery-again', { side: 'recovery', state: 'on' }),
        ...lift(answers, 'lift-fence'),
        maintenance(answers, 'open-production-again', { side: 'production', state: 'off' }),
        dns('dns-back-to-production', 'switch', 'production'),
      ]),
    ],
  );
}

/** The way back: both sides frozen before the last pass, so that nothing written is lost. */
export function returnDraft(answers: DraftAnswers): string {
  const { path } = answers.files;
  const copyBack = {
    kind: 'copy',
    from: target(answers, 'recovery'),
    to: target(answers, 'production'),
    staging: 'files-return',
  };
  const salvage = {
    id: 'salvage-production',
    kind: 'salvage',
    host: answers.production.name,
    files: path,
    quarantine: 'quarantine',
  };
  return procedure('return', '# The planned way back. Gates: authorisation, salvage, switchover.', [
    phase('settle-fencing', 'Fences what could not be fenced on the day.', [fence(answers)]),
    phase('freeze-production', 'Closes production: it is about to be overwritten.', [
      maintenance(answers, 'freeze-production-site', { side: 'production', state: 'on' }),
    ]),
    phase('salvage', 'Sets aside what production wrote between the last backup and the disaster.', [
      answers.database === undefined ? salvage : { ...salvage, database: 'production' },
    ]),
    phase('pre-copy', 'The bulk, while users go on working on the recovery side.', [
      dns('lower-ttl', 'lower-ttl'),
      { id: 'pre-copy-files', ...copyBack, switch: false, expect: '2h', retries: 2 },
    ]),
    phase('freeze-recovery', 'From here until the switch nobody can write.', [
      maintenance(answers, 'freeze-recovery-site', { side: 'recovery', state: 'on' }),
    ]),
    lanes('delta', 'The last difference of the files, and the database.', {
      files: [{ id: 'copy-files-back', ...copyBack, retries: 2 }],
      database:
        answers.database === undefined
          ? []
          : [
              { id: 'dump-recovery', kind: 'database', do: 'dump', database: 'recovery' },
              ...importSteps(answers, 'production', { dump: 'dump-recovery' }),
            ],
    }),
    phase('verification', 'Proves that production works, at its own address.', [
      ...lift(answers, 'lift-fence'),
      { id: 'verify-production', kind: 'http', against: 'production' },
    ]),
    phase('information', 'Tells people, before users are moved.', [
      message(answers, 'return-ready', 'production is ready again, DNS next'),
    ]),
    phase('switchover', 'Opens production, then moves users.', [
      maintenance(answers, 'open-production', { side: 'production', state: 'off' }),
      dns('dns-to-production', 'switch', 'production'),
    ]),
    phase('confirmation', 'Proves that users arrive; waits until no cache sends anybody to the closed side.', [
      { id: 'confirm-production', kind: 'http', against: 'dns', expectSide: 'production', patience: '2m' },
      message(answers, 'returned', 'users are served from production again'),
      dns('await-old-answers', 'await-old-ttl'),
      dns('restore-ttl', 'restore-ttl'),
    ]),
    phase('switch-back', 'Only when an operator asks for it after a failed confirmation.', [
      maintenance(answers, 'close-production-again', { side: 'production', state: 'on' }),
      maintenance(answers, 'open-recovery-again', { side: 'recovery', state: 'off' }),
      dns('dns-back-to-recovery', 'switch', 'recovery'),
    ]),
    phase('reopen', 'Opens the recovery side again when a return is aborted while it is closed.', [
      // An abort may come after production was opened: two open sides would be two truths.
      maintenance(answers, 'close-production-first', { side: 'production', state: 'on', ifUnreachable: 'oblige' }),
      maintenance(answers, 'reopen-recovery', { side: 'recovery', state: 'off' }),
      dns('dns-stays-at-recovery', 'switch', 'recovery'),
    ]),
  ]);
}

function fence(answers: DraftAnswers): Step {
  const flag = `${answers.production.base}/${answers.maintenanceFlag}`;
  const host = { way: 'host', stop: ['touch', flag], check: ['test', '-e', flag] };
  const ways = answers.database === undefined ? [host] : [host, { way: 'database', database: 'production' }];
  return { id: 'fence-production', kind: 'fence', side: 'production', expect: '2m', ways };
}

function lift(answers: DraftAnswers, id: string): readonly Step[] {
  if (answers.database === undefined) return [];
  return [{ id, kind: 'fence', do: 'lift', side: 'production', ways: [{ way: 'database', database: 'production' }] }];
}

function maintenance(
  answers: DraftAnswers,
  id: string,
  want: { readonly side: string; readonly state: 'on' | 'off'; readonly ifUnreachable?: 'oblige' },
): Step {
  return { id, kind: 'maintenance', ...want, flag: answers.maintenanceFlag, expect: '1m' };
}

function target(answers: DraftAnswers, side: 'production' | 'recovery'): EditValue {
  return { host: answers[side].name, path: answers.files.path };
}

function importSteps(answers: DraftAnswers, database: 'production' | 'recovery', from: EditValue): readonly Step[] {
  if (answers.database === undefined) return [];
  return [
    { id: 'fetch-database', kind: 'database', do: 'fetch', database, from, retries: 2 },
    { id: 'import', kind: 'gate', title: `import this dump into the ${database} database`, covers: ['fetch-database'] },
    { id: 'import-database', kind: 'database', do: 'import', database, fetch: 'fetch-database', expect: '1h' },
    {
      id: 'accept-import',
      kind: 'gate',
      title: 'the imported database is the one to serve',
      covers: ['import-database'],
    },
    { id: 'switch-database', kind: 'database', do: 'switch', database, import: 'import-database' },
  ];
}

function dns(
  id: string,
  what: 'switch' | 'lower-ttl' | 'restore-ttl' | 'await-old-ttl',
  to?: 'production' | 'recovery',
): Step {
  const step = { id, kind: 'dns', do: what, zone: 'main', records: ['www'] };
  if (what === 'lower-ttl') return { ...step, ttl: '60s' };
  return to === undefined ? step : { ...step, to };
}

/** By mail where there is a desk; else a person is asked to tell. */
function message(answers: DraftAnswers, milestone: string, what: string): Step {
  if (answers.mail === undefined) {
    const text = `Tell the customer and your colleagues: ${what}.`;
    return { id: `tell-${milestone}`, kind: 'manual', text, evidence: 'whom you told, how and when' };
  }
  return {
    id: `tell-${milestone}`,
    kind: 'ticket',
    desks: ['mail'],
    milestone,
    subject: `DRP {site}: ${what}`,
    text: `${what}. Run {run}.`,
  };
}

function procedure(name: string, comment: string, phases: readonly string[]): string {
  return `${comment}\n${name}:\n${phases.join('')}`;
}

function phase(name: string, comment: string, steps: readonly Step[]): string {
  return `  # ${comment}\n  ${name}:\n${steps.map((step) => stepYaml(step, '    ')).join('')}`;
}

function lanes(name: string, comment: string, byLane: Readonly<Record<string, readonly Step[]>>): string {
  const filled = Object.entries(byLane).filter(([, steps]) => steps.length > 0);
  const text = filled.map(([lane, steps]) => `    ${lane}:\n${steps.map((step) => stepYaml(step, '      ')).join('')}`);
  return `  # ${comment}\n  ${name}:\n${text.join('')}`;
}

function stepYaml(step: Step, indent: string): string {
  const lines = Object.entries(step).map(([key, value]) => `${inlineYaml(key)}: ${inlineYaml(value)}`);
  return lines.map((line, index) => `${indent}${index === 0 ? '- ' : '  '}${line}\n`).join('');
}
