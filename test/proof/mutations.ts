import type { LawName } from '../../src/proof/laws.ts';
import { alter, step, take, type Procedure } from './gravelines.ts';

export interface Mutation {
  readonly title: string;
  readonly procedure: 'activation' | 'return';
  readonly law: LawName;
  readonly change: (phases: Procedure) => void;
}

type Make = (law: LawName, title: string, change: (phases: Procedure) => void) => Mutation;
const activation: Make = (law, title, change) => ({ procedure: 'activation', law, title, change });
const back: Make = (law, title, change) => ({ procedure: 'return', law, title, change });

const first = (phases: Procedure, phase: string, spec: ReturnType<typeof step>) => {
  const lanes = phases[phase]!;
  const lane = Object.keys(lanes)[0]!;
  lanes[lane] = [spec, ...lanes[lane]!];
};
const last = (phases: Procedure, phase: string, spec: ReturnType<typeof step>) => {
  const lanes = phases[phase]!;
  const lane = Object.keys(lanes).at(-1)!;
  lanes[lane] = [...lanes[lane]!, spec];
};
const command = (id: string, more: object) =>
  step({ id, kind: 'command', host: 'gravelines', run: ['true'], verify: ['true'], ...more });
const copy = (id: string, from: object, to: object) => step({ id, kind: 'copy', from, to });

const skippableRestorations = [
  'copy-files',
  'copy-configuration',
  'fetch-database',
  'import-database',
  'switch-database',
];
const skippableDeltas = [
  'copy-files-back',
  'copy-configuration-back',
  'dump-recovery',
  'fetch-database',
  'import-database',
  'switch-database',
];

/** Changes of the shipped runbook, each of which breaks a law. */
export const mutations: readonly Mutation[] = [
  ...skippableRestorations.map((id) =>
    activation('dns-last', `${id} may be skipped`, (phases) => {
      alter(phases, id, { skippable: true });
    }),
  ),
  ...skippableDeltas.map((id) =>
    back('dns-last', `${id} may be skipped`, (phases) => {
      alter(phases, id, { skippable: true });
    }),
  ),

  ...['fencing', 'restoration', 'verification', 'information'].flatMap((phase) => [
    activation('dns-last', `DNS moves at the beginning of ${phase}`, (phases) => {
      first(phases, phase, take(phases, 'dns-to-recovery'));
    }),
    activation('dns-last', `DNS moves at the end of ${phase}`, (phases) => {
      last(phases, phase, take(phases, 'dns-to-recovery'));
    }),
  ]),
  ...[
    'settle-fencing',
    'freeze-production',
    'salvage',
    'pre-copy',
    'freeze-recovery',
    'delta',
    'verification',
    'information',
  ].map((phase) =>
    back('dns-last', `DNS moves in ${phase}`, (phases) => {
      last(phases, phase, take(phases, 'dns-to-production'));
    }),
  ),
  activation('dns-last', 'DNS moves in a lane beside the restoration', (phases) => {
    phases['restoration']!['dns'] = [take(phases, 'dns-to-recovery')];
  }),
  activation('dns-last', 'nothing is restored', (phases) => {
    phases['restoration'] = { main: [] };
  }),
  activation('dns-last', 'the files are only staged', (phases) => {
    alter(phases, 'copy-files', { switch: false });
  }),
  activation('dns-last', 'the database is imported and never switched in', (phases) => {
    take(phases, 'switch-database');
  }),
  back('dns-last', 'the tree copied first is never finished', (phases) => {
    take(phases, 'copy-files-back');
  }),
  back('dns-last', 'the database of production is imported and never switched in', (phases) => {
    take(phases, 'switch-database');
  }),
  activation('dns-last', 'a person moves DNS by hand before the gate', (phases) => {
    last(
      phases,
      'information',
      step({ id: 'by-hand', kind: 'manual', text: 'x', evidence: 'x', writes: ['dns:www.kyc.test'] }),
    );
  }),

  ...['copy-files', 'copy-configuration', 'switch-database'].map((id) =>
    activation('live-untouched', `${id} comes after the switch`, (phases) => {
      first(phases, 'confirmation', take(phases, id));
    }),
  ),
  ...['copy-files-back', 'copy-configuration-back', 'switch-database'].map((id) =>
    back('live-untouched', `${id} comes after the switch`, (phases) => {
      first(phases, 'confirmation', take(phases, id));
    }),
  ),
  activation('live-untouched', 'a cache is warmed in the live tree', (phases) => {
    first(phases, 'confirmation', command('warm', { writes: ['files:gravelines:www/cache'] }));
  }),
  activation('live-untouched', 'a command writes on the live host, wherever that is', (phases) => {
    first(phases, 'confirmation', command('stamp', { writes: ['release notes'] }));
  }),
  activation('live-untouched', 'production is written before it is fenced', (phases) => {
    first(phases, 'fencing', command('wipe', { host: 'limburg', writes: ['files:limburg:www'] }));
  }),
  activation('live-untouched', 'a copy goes into production before it is fenced', (phases) => {
    first(phases, 'fencing', copy('overwrite', { host: 'backup-odd', path: 'x' }, { host: 'limburg', path: 'www' }));
  }),
  back('live-untouched', 'a copy goes into the live tree of the recovery site', (phases) => {
    first(
      phases,
      'pre-copy',
      copy('overwrite', { host: 'backup-odd', path: 'x' }, { host: 'gravelines', path: 'www' }),
    );
  }),
  back('live-untouched', 'the live database of the recovery site is written', (phases) => {
    first(phases, 'pre-copy', command('reindex', { writes: ['database:gravelines:kyc'] }));
  }),

  back('freeze-before-last-copy', "the policy's own return: the recovery site is never closed", (phases) => {
    take(phases, 'freeze-recovery-site');
    take(phases, 'pre-copy-files');
  }),
  back('freeze-before-last-copy', 'the recovery site is never closed', (phases) => {
    take(phases, 'freeze-recovery-site');
  }),
  back('freeze-before-last-copy', 'closing the recovery site may be skipped', (phases) => {
    alter(phases, 'freeze-recovery-site', { skippable: true });
  }),
  back('freeze-before-last-copy', 'the freeze opens', (phases) => {
    alter(phases, 'freeze-recovery-site', { state: 'off' });
  }),
  back('freeze-before-last-copy', 'the freeze closes the other side', (phases) => {
    alter(phases, 'freeze-recovery-site', { side: 'production' });
  }),
  back('freeze-before-last-copy', 'an unreachable recovery site counts as closed', (phases) => {
    alter(phases, 'freeze-recovery-site', { ifUnreachable: 'oblige' });
  }),
  back('freeze-before-last-copy', 'the freeze comes behind the last copy', (phases) => {
    last(phases, 'delta', take(phases, 'freeze-recovery-site'));
  }),
  back('freeze-before-last-copy', 'the freeze runs beside the last copy', (phases) => {
    phases['delta']!['freeze'] = [take(phases, 'freeze-recovery-site')];
  }),
  back('freeze-before-last-copy', 'the dump is taken before the freeze', (phases) => {
    first(phases, 'pre-copy', take(phases, 'dump-recovery'));
  }),
  back('freeze-before-last-copy', 'the configuration is copied before the freeze, and not again', (phases) => {
    last(phases, 'pre-copy', take(phases, 'copy-configuration-back'));
  }),
  back('freeze-before-last-copy', 'a command moves live data', (phases) => {
    last(phases, 'pre-copy', command('mirror', { reads: ['files:gravelines:mail'], writes: ['files:limburg:mail'] }));
  }),
  back('freeze-before-last-copy', 'the recovery site is opened again before the last copy', (phases) => {
    first(
      phases,
      'delta',
      step({ id: 'reopen-early', kind: 'maintenance', side: 'recovery', state: 'off', flag: 'flags/maintenance' }),
    );
  }),
  activation('freeze-before-last-copy', 'the last files are taken from production while it may be alive', (phases) => {
    first(
      phases,
      'fencing',
      copy('last-files', { host: 'limburg', path: 'mail' }, { host: 'gravelines', path: 'mail' }),
    );
  }),

  activation('one-writer', 'two lanes fill one tree', (phases) => {
    last(
      phases,
      'restoration',
      copy('copy-again', { backup: 'files', path: 'www' }, { host: 'gravelines', path: 'www' }),
    );
  }),
  activation('one-writer', 'a lane fills a folder inside the tree of another', (phases) => {
    last(
      phases,
      'restoration',
      copy('copy-uploads', { backup: 'files', path: 'www/uploads' }, { host: 'gravelines', path: 'www/uploads' }),
    );
  }),
  activation('one-writer', 'two spellings of one folder', (phases) => {
    last(
      phases,
      'restoration',
      command('unpack', { writes: ['files:gravelines:/tmp/drp-lab/hosts/gravelines/srv/www/'] }),
    );
  }),
  activation('one-writer', 'two lanes switch one database', (phases) => {
    phases['restoration']!['again'] = [command('vacuum', { writes: ['database:gravelines:kyc'] })];
  }),
  back('one-writer', 'two lanes fill one tree of production', (phases) => {
    last(phases, 'delta', copy('copy-again', { host: 'gravelines', path: 'www' }, { host: 'limburg', path: 'www' }));
  }),

  ...['verification', 'information', 'confirmation'].map((phase) =>
    activation('gate-before-irreversible', `something final happens in ${phase} without a gate`, (phases) => {
      first(phases, phase, command('purge', { irreversible: true }));
    }),
  ),
  back('gate-before-irreversible', 'something final happens on the way of an abort', (phases) => {
    first(phases, 'reopen', command('purge', { irreversible: true }));
  }),

  back('salvage-first', 'production is overwritten before it is looked at', (phases) => {
    first(phases, 'salvage', copy('early', { host: 'backup-odd', path: 'x' }, { host: 'limburg', path: 'www' }));
  }),

  activation('never-unserved', 'DNS never moves', (phases) => {
    take(phases, 'dns-to-recovery');
  }),
  activation('never-unserved', 'DNS moves to the side that was lost', (phases) => {
    alter(phases, 'dns-to-recovery', { to: 'production' });
  }),
  activation('never-unserved', 'the recovery site is never opened', (phases) => {
    take(phases, 'open-recovery');
  }),
  activation('never-unserved', 'opening the recovery site may be skipped', (phases) => {
    alter(phases, 'open-recovery', { skippable: true });
  }),
  activation('never-unserved', 'moving DNS may be skipped', (phases) => {
    alter(phases, 'dns-to-recovery', { skippable: true });
  }),
  activation('never-unserved', 'there is no way back', (phases) => {
    delete phases['switch-back'];
  }),
  ...['lift-fence', 'open-production-again', 'dns-back-to-production'].flatMap((id) => [
    activation('never-unserved', `the way back lacks ${id}`, (phases) => {
      take(phases, id);
    }),
    activation('never-unserved', `on the way back ${id} may be skipped`, (phases) => {
      alter(phases, id, { skippable: true });
    }),
  ]),
  ...['lift-fence', 'open-production', 'dns-to-production'].map((id) =>
    back('never-unserved', `the return lacks ${id}`, (phases) => {
      take(phases, id);
    }),
  ),
  ...['reopen-recovery', 'dns-stays-at-recovery', 'open-recovery-again', 'dns-back-to-recovery'].map((id) =>
    back('never-unserved', `the way back lacks ${id}`, (phases) => {
      take(phases, id);
    }),
  ),

  activation('one-side-open', 'the way back leaves the recovery site open', (phases) => {
    take(phases, 'close-recovery-again');
  }),
  activation('one-side-open', 'closing the recovery site on the way back may be skipped', (phases) => {
    alter(phases, 'close-recovery-again', { skippable: true });
  }),
  activation('one-side-open', 'the way back closes the recovery site behind production', (phases) => {
    last(phases, 'switch-back', take(phases, 'close-recovery-again'));
  }),
  activation('one-side-open', 'production is never fenced', (phases) => {
    take(phases, 'fence-production');
  }),
  activation('one-side-open', 'fencing production may be skipped', (phases) => {
    alter(phases, 'fence-production', { skippable: true });
  }),
  activation('one-side-open', 'the recovery site is fenced instead of production', (phases) => {
    alter(phases, 'fence-production', { side: 'recovery' });
  }),
  activation('one-side-open', 'the recovery site is opened before production is fenced', (phases) => {
    first(phases, 'fencing', take(phases, 'open-recovery'));
  }),
  activation('one-side-open', 'production is opened by hand beside the recovery site', (phases) => {
    first(
      phases,
      'confirmation',
      step({ id: 'serve-both', kind: 'maintenance', side: 'production', state: 'off', flag: 'flags/maintenance' }),
    );
  }),
  back('one-side-open', 'production is opened before the recovery site is closed', (phases) => {
    last(phases, 'pre-copy', take(phases, 'open-production'));
  }),
  back('one-side-open', 'the recovery site is opened again behind the last copy', (phases) => {
    first(
      phases,
      'switchover',
      step({ id: 'open-both', kind: 'maintenance', side: 'recovery', state: 'off', flag: 'flags/maintenance' }),
    );
  }),
  back('one-side-open', 'an aborted return leaves production open', (phases) => {
    take(phases, 'close-production-first');
  }),
  back('one-side-open', 'closing production in an aborted return may be skipped', (phases) => {
    alter(phases, 'close-production-first', { skippable: true });
  }),
  back('one-side-open', 'an aborted return opens the recovery site first', (phases) => {
    last(phases, 'reopen', take(phases, 'close-production-first'));
  }),
  back('one-side-open', 'the switch back leaves production open', (phases) => {
    take(phases, 'close-production-again');
  }),
];
