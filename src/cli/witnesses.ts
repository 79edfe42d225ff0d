import { toError } from '../base/errors.ts';
import { readExport, type ReadExport } from '../journal/export.ts';
import { planOf } from './plan-of.ts';
import { openHosts } from './wire.ts';

/** How the copy on one host compares with a record. */
export interface WitnessFinding {
  readonly host: string;
  /** false: it contradicts the record. A host that cannot be asked contradicts nothing. */
  readonly good: boolean;
  readonly text: string;
}

/** Time for one host to answer, ms. */
const askMs = 20_000;

/** Compares a record with the copies of it on the run's hosts; reads only. */
export async function compareWitnesses(bytes: Uint8Array): Promise<readonly WitnessFinding[]> {
  const record = readExport(Buffer.from(bytes).toString('utf8'));
  const { createWitness } = await import('../transports/witness.ts');
  const { hosts } = planOf(record.events).world;
  const pool = await openHosts({ hosts });
  const witness = createWitness(pool);
  try {
    const found = await Promise.all(
      Object.keys(hosts).map(async (host): Promise<readonly WitnessFinding[]> => {
        try {
          const copies = await witness.read(host, record.frame.run, AbortSignal.timeout(askMs));
          const known = Object.entries(copies);
          if (known.length === 0) return [{ host, good: true, text: 'none' }];
          return known.map(([name, text]) => ({ host, ...compareCopy(record, name, text) }));
        } catch (thrown) {
          return [{ host, good: true, text: `could not be asked: ${toError(thrown).message}` }];
        }
      }),
    );
    return found.flat();
  } finally {
    await pool.closeAll();
  }
}

/** One copy against the record: which events it vouches for, or where it says something else. Pure. */
export function compareCopy(
  record: ReadExport,
  name: string,
  text: string,
): { readonly good: boolean; readonly text: string } {
  const lines = text.split('\n').slice(0, -1);
  const { events, stored, frame } = record;
  const adopted = events.findLast((event) => event.type === 'run.adopted');
  const lineage = adopted?.type === 'run.adopted' ? adopted.data.lineage : '';
  const own = name === (lineage === '' ? frame.run : `${frame.run}-${lineage}`);
  const differs = lines.findIndex((line, index) => !agrees(line, stored[index]));
  if (differs < 0) return { good: true, text: `${name} agrees up to event ${lines.length}` };
  if (!own)
    return {
      good: true,
      text: `${name} agrees up to event ${differs}; then it is the end of the original, which this record lacks`,
    };
  if (differs >= stored.length) {
    return { good: false, text: `${name} goes on to event ${lines.length}: the end of this record was cut off` };
  }
  return { good: false, text: `${name} has another event ${differs + 1}: this record or the copy was rewritten` };
}

function agrees(line: string, stored: { readonly line: string; readonly hash: string } | undefined): boolean {
  if (stored === undefined) return false;
  return line === stored.line || /^\{"hash":"([0-9a-f]{64})","withheld":\d+\}$/.exec(line)?.[1] === stored.hash;
}
