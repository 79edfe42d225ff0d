import type { Event } from '../../../src/events/event.ts';
import type { Bench } from '../bench.ts';
import { doneMs, machineTime, startedMs } from '../machine-time.ts';
import { bashLine, recoveryBench } from '../recovery-world.ts';

const work = 'frozen window of a return (1 % of 12 000 files changed, a database of 1 GB), machine time';

/** While users go on working at the recovery side. */
const beforehand = `on limburg "rsync -aHAX -e 'ssh -F $LPEERS' gravelines:$G/www/ $L/www/"`;

/** From the moment nobody can write until production serves. */
const frozen = `
on limburg true; on gravelines true
date +%s%3N >frozen-at
on gravelines "mkdir -p $G/flags && touch $G/flags/maintenance"
on limburg "mkdir -p $L/flags $L/fetched && touch $L/flags/maintenance"
on limburg "rsync -aHAX --delete -e 'ssh -F $LPEERS' gravelines:$G/www/ $L/www/"
on limburg "rsync -aHAX --exclude listen.conf --exclude cron.d -e 'ssh -F $LPEERS' gravelines:$G/config/ $L/config/"
on gravelines "mkdir -p $G/fetched && pg_dump -h $GADDRESS -Fc -Z1 -f $G/fetched/back.dump kyc && cd $G/fetched && sha256sum back.dump >back.dump.sha256"
on limburg "rsync -t -e 'ssh -F $LPEERS' gravelines:$G/fetched/back.dump gravelines:$G/fetched/back.dump.sha256 $L/fetched/ && cd $L/fetched && sha256sum --quiet -c back.dump.sha256"
on limburg "createdb -h $LADDRESS kyc_new && pg_restore -h $LADDRESS -j1 --exit-on-error -d kyc_new $L/fetched/back.dump && vacuumdb -q --analyze-only -h $LADDRESS kyc_new"
count='for t in kyc.users kyc.orders kyc.documents kyc.events happenings people papers; do psql -XAtc "select count(*) from $t"'
on gravelines "$count -h $GADDRESS kyc; done" >counts.there
on limburg "$count -h $LADDRESS kyc_new; done" >counts.here
cmp counts.there counts.here
on limburg "psql -h $LADDRESS -XAqd postgres -c 'alter database kyc allow_connections false' -c \\"select pg_terminate_backend(pid) from pg_stat_activity where datname = 'kyc'\\" -c 'alter database kyc rename to kyc_old' -c 'alter database kyc_new rename to kyc'" >switched
curl -sf --cacert "$CA" --resolve "www.kyc.test:8443:$LADDRESS" https://www.kyc.test:8443/health | grep -q '"site":"limburg"'
mail 'DRP gravelines: production is ready again, DNS next'
on limburg "rm $L/flags/maintenance"
point "$LADDRESS"
curl -sf --cacert "$CA" --resolve "www.kyc.test:8443:$LADDRESS" https://www.kyc.test:8443/ | grep -q '"maintenance":false'
echo $(( $(date +%s%3N) - $(cat frozen-at) ))
`;

export const bench: Bench = recoveryBench({
  name: 'return',
  about: 'The frozen window of a return',
  rows: async (context, world) => {
    await context.race({
      work,
      rounds: 3,
      warmUp: false,
      ours: {
        name: 'drp',
        command:
          'drp return --site gravelines --wait: from the start of freeze-recovery-site to the end of dns-to-production',
        prepare: () => world.comeBack(),
        run: async () => {
          const events = await world.drp(['return', '--site', 'gravelines'], (gate) => {
            if (gate === 'changed') world.users();
          });
          return frozenWindow(events, context.log);
        },
      },
      peers: [
        {
          name: 'bash with a freeze',
          limit: 0.7,
          command: bashLine(frozen),
          prepare: async () => {
            await world.comeBack();
            await world.bash(beforehand);
            world.users();
          },
          run: async () => {
            const ms = Number((await world.bash(frozen)).trim().split('\n').at(-1));
            context.log(`    bash ${String(ms)} ms`);
            return ms;
          },
        },
      ],
    });
  },
});

function frozenWindow(events: readonly Event[], log: (line: string) => void): number {
  const whole = { fromMs: startedMs(events, 'freeze-recovery-site'), toMs: doneMs(events, 'dns-to-production') };
  const ms = machineTime(events, whole);
  const parts = [
    'copy-files-back',
    'dump-recovery',
    'fetch-database',
    'import-database',
    'switch-database',
    'verify-production',
    'announce-return',
    'open-production',
    'dns-to-production',
  ];
  const said = parts.map((step) => `${step} ${String(doneMs(events, step) - startedMs(events, step))}`);
  log(`    machine ${String(ms)} ms of ${String(whole.toMs - whole.fromMs)} ms: ${said.join(', ')}`);
  return ms;
}
