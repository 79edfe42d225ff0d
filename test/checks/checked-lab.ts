import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createSurveys } from '../../src/checks/backups/surveys.ts';
import type { CheckContext } from '../../src/checks/check.ts';
import { withoutLost } from '../../src/checks/without-lost.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { showKeys } from '../../src/cli/wire.ts';
import { createProviders } from '../../src/providers/create-providers.ts';
import type { Edit, EditValue } from '../../src/runbook/edit.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { Runbook } from '../../src/runbook/schema/runbook.ts';
import type { TransportPool } from '../../src/transports/transport.ts';
import { freeNet } from '../demo/free-net.ts';
import { openLab, startLab, type Lab, type LabOptions } from '../lab/lab.ts';
import type { LabContext } from '../lab/process.ts';

/** A small lab that checks look at. */
export interface CheckedLab {
  readonly lab: Lab;
  readonly context: LabContext;
  end(): Promise<void>;
}

/** Opens the lab in `DRP_LAB` where that is given, for work on the tests themselves; else one of its own. */
export async function openCheckedLab(options: Pick<LabOptions, 'tickets' | 'ttlSeconds'>): Promise<CheckedLab> {
  const known = process.env['DRP_LAB'];
  const place = known ?? mkdtempSync(join(tmpdir(), 'drp-check-'));
  const lab = known === undefined ? await newLab(place, options) : openLab(known);
  return {
    lab,
    context: { dir: lab.facts.dir, net: lab.facts.net, log: () => undefined },
    end: async () => {
      if (known !== undefined) return;
      await lab.down();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

async function newLab(place: string, options: Pick<LabOptions, 'tickets' | 'ttlSeconds'>): Promise<Lab> {
  chmodSync(place, 0o755); // as root, the lab's services run as other users and must pass through
  const size = { databaseBytes: 1_000_000, filesBytes: 2_000_000 };
  return await startLab({ dir: join(place, 'lab'), net: await freeNet(), ...size, ...options });
}

/** One change of a runbook: `set('hosts.web.port', 22)`. */
export const set = (path: string, value: EditValue): Edit => ({ path: path.split('.'), value });

/** A runbook without problems, or an Error that names them. */
export function parsed(text: string, file: string): Runbook {
  const { runbook, problems } = parseRunbook(text, { file });
  if (runbook === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return runbook;
}

/** What a check of this runbook may use: real connections and providers, this machine's clock. */
export function checkContext(
  runbook: Runbook,
  world: {
    readonly file: string;
    readonly hosts: TransportPool;
    readonly lost?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
): CheckContext {
  const { file, lost = [], env = {} } = world;
  const hosts = withoutLost(world.hosts, runbook, lost);
  return {
    runbook,
    lost,
    hosts,
    surveys: createSurveys({ runbook, hosts, clock: systemClock, lost }),
    shownKeys: showKeys(runbook),
    providers: createProviders(),
    clock: systemClock,
    signal: AbortSignal.timeout(60_000),
    secret: createSecrets({ env: { ...process.env, ...env }, runbookFile: file }),
  };
}
