import { formatDuration } from '../../base/duration.ts';
import type { Finding } from '../check.ts';
import { findingFor, type FindingWords } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';

/**
 * Replication as SHOW REPLICA STATUS has it (before MySQL 8.0.22 and in MariaDB: SLAVE and Master for Replica and
 * Source), one finding a source. Looked at where the runbook says that the host is a replica. Pure.
 */
export function mysqlFindings(facts: HostFacts, { host, limits, mysqlReplica }: HostNeeds): readonly Finding[] {
  if (!mysqlReplica) return [];
  const say = findingFor('host.mysql-replication', host);
  const fact = facts.fact('mysql');
  const threshold = `running, at most ${formatDuration(limits.lagMs)} behind`;
  if ('absent' in fact)
    return [say.unknown(fact.absent, { threshold, advice: `Install the client of MySQL or MariaDB on ${host}.` })];
  const advice = `On ${host}: mysql -e 'SHOW REPLICA STATUS\\G', the lines Last_IO_Error and Last_SQL_Error.`;
  const words = { threshold, advice };
  const lines = linesOf(fact);
  // The client begins each row with a line of asterisks.
  const rows: string[][] = [];
  for (const line of lines) {
    if (/^\*{5,} .* \*{5,}$/.test(line)) rows.push([]);
    else rows.at(-1)?.push(line);
  }
  const errors = lines.filter((line) => line.startsWith('ERROR'));
  // 1064: words this server does not know, asked for in vain before those it knows.
  const error = errors.find((line) => !line.startsWith('ERROR 1064')) ?? errors[0];
  if (rows.length === 0 && error !== undefined) return [say.unknown(error, words)];
  if (rows.length === 0) return [say.fail('it is no replica', words)];
  return rows.map((row) => sourceFinding({ host, limitMs: limits.lagMs }, row, words));
}

function sourceFinding(
  { host, limitMs }: { readonly host: string; readonly limitMs: number },
  row: readonly string[],
  words: Required<Pick<FindingWords, 'threshold' | 'advice'>>,
): Finding {
  const field = (...names: readonly string[]): string => {
    const line = row.find((one) => names.some((name) => one.trim().startsWith(`${name}:`)));
    return line?.slice(line.indexOf(':') + 1).trim() ?? '';
  };
  const channel = field('Channel_Name', 'Connection_name');
  const say = findingFor('host.mysql-replication', channel === '' ? host : `${host}:${channel}`);
  const receives = field('Replica_IO_Running', 'Slave_IO_Running');
  const applies = field('Replica_SQL_Running', 'Slave_SQL_Running');
  if (receives !== 'Yes' || applies !== 'Yes') {
    const reason = field('Last_IO_Error') || field('Last_SQL_Error');
    const found = `receives: ${receives}, applies: ${applies}${reason === '' ? '' : `; ${reason}`}`;
    return say.fail(found, words);
  }
  const behind = field('Seconds_Behind_Source', 'Seconds_Behind_Master');
  if (!/^\d+$/.test(behind)) return say.unknown('it runs, and does not say how far behind it is', words);
  const lagMs = Number(behind) * 1000;
  const { threshold, advice } = words;
  const metrics = [{ name: 'lag_seconds', value: lagMs / 1000, fail: limitMs / 1000 }];
  const found = lagMs === 0 ? 'not behind' : `${formatDuration(lagMs)} behind`;
  return lagMs > limitMs ? say.fail(found, { threshold, metrics, advice }) : say.ok(found, { threshold, metrics });
}
