import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { transferZone } from './dns-query.ts';
import { run } from './process.ts';
import { Route53Refusal } from './route53-refusal.ts';
import type { Change, RecordSet } from './route53-zone.ts';
import { absolute, applyBatch, recordSets, updateScript } from './route53-zone.ts';
import type { Route53Configuration } from './route53.ts';
import { readFaults } from './route53.ts';

export interface ChangeInfo {
  readonly id: string;
  readonly submittedAt: string;
  readonly comment?: string;
  readonly changes: readonly Change[];
  status: 'PENDING' | 'INSYNC';
}

export interface Provider {
  /** What the API lists: the zone as served, with the changes that have not reached it yet. */
  list(): Promise<readonly RecordSet[]>;
  /** Accepts a batch whole or throws Route53Refusal; it is on disk when this resolves, and served when its status is INSYNC. */
  change(batch: { readonly comment?: string; readonly changes: readonly Change[] }): Promise<ChangeInfo>;
  /** Throws Route53Refusal NoSuchChange. */
  changeInfo(id: string): ChangeInfo;
}

/** The zone behind the API. Changes reach BIND one after another, each once its time of being PENDING is over. */
export function createProvider(configuration: Route53Configuration): Provider {
  const zone = absolute(configuration.zone);
  const file = join(configuration.folder, 'changes.json');
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ChangeInfo[]) : [];
  let changing = false;
  let applied: Promise<void> = Promise.resolve();

  const save = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(known));
    renameSync(`${file}.new`, file);
  };
  const list = async (): Promise<readonly RecordSet[]> => {
    const served = recordSets(await transferZone(configuration.server, configuration.zone));
    const pending = known.filter((info) => info.status === 'PENDING').flatMap((info) => info.changes);
    return overlay(served, pending);
  };
  const bringIntoService = (info: ChangeInfo): void => {
    const insyncAt = Date.parse(info.submittedAt) + readFaults(configuration.folder).insyncDelayMs;
    applied = applied.then(async () => {
      await delay(Math.max(0, insyncAt - Date.now()));
      await writeUntilAccepted(configuration, info);
      info.status = 'INSYNC';
      save();
    });
  };

  for (const info of known) if (info.status === 'PENDING') bringIntoService(info);
  return {
    list,
    async change({ comment, changes }) {
      if (changing || readFaults(configuration.folder).busy) {
        throw new Route53Refusal(
          'PriorRequestNotComplete',
          'The request was rejected because Route 53 was still processing a prior request.',
        );
      }
      changing = true;
      try {
        applyBatch(await list(), changes, zone);
        const id = `C0${randomBytes(10).toString('hex').toUpperCase().slice(0, 19)}`;
        const info: ChangeInfo = {
          id,
          submittedAt: new Date().toISOString(),
          ...(comment === undefined ? {} : { comment }),
          changes,
          status: 'PENDING',
        };
        known.push(info);
        save();
        bringIntoService(info);
        return { ...info };
      } finally {
        changing = false;
      }
    },
    changeInfo(id) {
      const info = known.find((candidate) => candidate.id === id);
      if (info === undefined)
        throw new Route53Refusal('NoSuchChange', `A change with the specified change ID '${id}' does not exist.`, 404);
      return info;
    },
  };
}

/** Pending changes laid over what is served; they were checked when they came, so nothing is refused here. */
function overlay(served: readonly RecordSet[], pending: readonly Change[]): readonly RecordSet[] {
  const others = (sets: readonly RecordSet[], change: Change): readonly RecordSet[] =>
    sets.filter((set) => set.name !== change.name || set.type !== change.type);
  const sets = pending.reduce<readonly RecordSet[]>((before, change) => {
    const { action, ...set } = change;
    return action === 'DELETE' ? others(before, change) : [...others(before, change), set];
  }, served);
  return recordSets(
    sets.flatMap(({ name, type, ttlSeconds, values }) => values.map((value) => ({ name, type, ttlSeconds, value }))),
  );
}

/** BIND down or refusing leaves a change PENDING, as a provider's trouble does. */
async function writeUntilAccepted(configuration: Route53Configuration, info: ChangeInfo): Promise<void> {
  const script = updateScript(info.changes, { zone: absolute(configuration.zone), ...configuration.server });
  for (;;) {
    try {
      await run(['nsupdate', '-k', configuration.keyFile, '-t', '3', '-r', '0'], { input: script });
      return;
    } catch (error) {
      console.error(
        `change ${info.id} does not reach the name server: ${error instanceof Error ? error.message : String(error)}`,
      );
      await delay(500);
    }
  }
}
