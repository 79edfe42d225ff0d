import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { Argv } from '../../transports/transport.ts';
import { shellArgv } from './read-host.ts';
import { scriptText } from './script-text.ts';

/** What a host is: recorded when a procedure is rehearsed, and compared with what it is later. */
export type Machine = {
  /** As it calls itself: `Debian GNU/Linux 12 (bookworm)`. */
  readonly os?: string;
  /** Release of its kernel: `6.1.0-28-amd64`. */
  readonly kernel?: string;
  readonly cores?: number;
  readonly memoryKilobytes?: number;
  /** Versions of programs a restoration uses, by name. */
  readonly programs: Readonly<Record<string, string>>;
};

/** The command that tells what a host is. It only reads. */
export function machineArgv(world: Pick<Runbook, 'databases'>, host: string): Argv {
  const databases = Object.values(world.databases).filter((one) => one.host === host);
  const tools = databases.map(({ programs }) => (programs === undefined ? 'pg_restore' : `${programs}/pg_restore`));
  return shellArgv(scriptText('remote/machine.sh'), [...new Set(['rsync', 'ssh', ...tools])]);
}

/** What that command printed; what it does not say is left out. Pure. */
export function parseMachine(output: string): Machine {
  const lines = output.split('\n').map((line) => line.trim());
  const value = (word: string): string | undefined =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const count = (word: string): number | undefined => {
    const text = value(word);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const [os, kernel, cores, memoryKilobytes] = [value('os'), value('kernel'), count('cores'), count('memory')];
  const programs = lines.flatMap((line): readonly (readonly [string, string])[] => {
    const [, name = '', said = ''] = /^program (\S+) (.*)$/.exec(line) ?? [];
    const version = /\d+(\.\d+)+(p\d+)?/.exec(said)?.[0];
    return name === '' || version === undefined ? [] : [[name, version]];
  });
  return {
    ...(os === undefined ? {} : { os }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(cores === undefined ? {} : { cores }),
    ...(memoryKilobytes === undefined ? {} : { memoryKilobytes }),
    programs: Object.fromEntries(programs),
  };
}
