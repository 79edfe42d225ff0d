import type { Bench } from '../bench.ts';
import { CpuFloor } from '../machine-cpu.ts';
import { doneMs, machineTime } from '../machine-time.ts';
import { bashLine, recoveryBench, type RecoveryWorld } from '../recovery-world.ts';

const work = 'activation of the mixed world (1.5 GB of files, a database of 1 GB), machine time';

/** What the policy says, step after step, each waited for and looked at. */
const byHand = `
on gravelines "mkdir -p $G/flags $G/fetched && touch $G/flags/maintenance"
on gravelines "rsync -aHAX -e 'ssh -F $GPEERS' backup-odd:$TREE/www/ $G/www/"
on gravelines "rsync -aHAX --exclude listen.conf --exclude cron.d -e 'ssh -F $GPEERS' backup-odd:$TREE/config/ $G/config/"
on gravelines "rsync -t -e 'ssh -F $GPEERS' backup-odd:$DUMP backup-odd:$DUMP.sha256 $G/fetched/ && cd $G/fetched && sha256sum --quiet -c *.sha256"
on gravelines "createdb -h $GADDRESS kyc && pg_restore -h $GADDRESS -j1 --exit-on-error -d kyc $G/fetched/*.dump && vacuumdb -q --analyze-only -h $GADDRESS kyc"
on gravelines "rsync -aHAXnci --exclude config -e 'ssh -F $GPEERS' backup-odd:$TREE/www/ $G/www/" >differs
test ! -s differs
on gravelines "for t in kyc.users kyc.orders kyc.documents kyc.events happenings people papers; do psql -h $GADDRESS -XAtc \\"select count(*) from \\$t\\" kyc; done" >counts
test "$(wc -l <counts)" = 7
curl -sf --cacert "$CA" --resolve "www.kyc.test:8443:$GADDRESS" https://www.kyc.test:8443/health >health
grep -q '"site":"gravelines"' health
mail 'DRP gravelines: ready, DNS next'
on gravelines "rm $G/flags/maintenance"
point "$GADDRESS"
curl -sf --cacert "$CA" --resolve "www.kyc.test:8443:$GADDRESS" https://www.kyc.test:8443/ | grep -q '"maintenance":false'
mail 'DRP gravelines: users are served'
`;

export const bench: Bench = recoveryBench({
  name: 'activation',
  about: 'A whole activation',
  rows: async (context, world) => {
    const command =
      'drp activate --site gravelines --wait, gates answered at once by drp approve; until users are told';
    const floor = new CpuFloor();
    await context.race({
      work,
      rounds: 3,
      warmUp: false,
      ours: {
        name: 'drp',
        command,
        prepare: () => world.lose(),
        run: () =>
          floor.turn(
            () => activate(world, context.log),
            (ms) => ms,
          ),
      },
      peers: [
        {
          name: 'naive bash, step after step',
          limit: 0.78,
          command: bashLine(byHand),
          prepare: () => world.lose(),
          run: async () => {
            const began = performance.now();
            await world.bash(byHand);
            context.log(`    bash ${String(Math.round(performance.now() - began))} ms`);
          },
        },
      ],
    });
    context.value(floor.row({ work, command, limit: 1.2 }));
  },
});

/** From the command to the message that users are served, without what people took. */
async function activate(world: RecoveryWorld, log: (line: string) => void): Promise<number> {
  const fromMs = Date.now();
  const events = await world.drp(world.activate);
  const whole = { fromMs, toMs: doneMs(events, 'announce-served') };
  const ms = machineTime(events, whole);
  log(`    machine ${String(ms)} ms of ${String(whole.toMs - fromMs)} ms`);
  return ms;
}
