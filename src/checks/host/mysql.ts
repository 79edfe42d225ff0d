import { formatDuration } from '../../base/duration.ts';
import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';

/**
 * Replication as SHOW REPLICA STATUS has it (before MySQL 8.0.22 and in MariaDB: SLAVE and Master for Replica and
 * Source). Looked at where the runbook says that the host is a replica. Pure.
 */
export function mysqlFindings(facts: HostFacts, { host, limits, mysqlReplica }: HostNeeds): readonly Finding[] {
  if (!mysqlReplica) return [];
  const say = findingFor('host.mysql-replication', host);
  const fact = facts.fact('mysql');
  const threshold = `running, at most ${formatDuration(limits.lagMs)} behind`;
  const advice = `On ${host}: mysql -e 'SHOW REPLICA STATUS\\G', the lines Last_IO_Error and Last_SQL_Error.`;
  if ('absent' in fact)
    return [say.unknown(fact.absent, { threshold, advice: `Install the client of MySQL on ${host}.` })];
  const lines = linesOf(fact);
  const field = (...names: readonly string[]): string | undefined => {
    const line = lines.find((one) => names.some((name) => one.trim().startsWith(`${name}:`)));
    return line?.slice(line.indexOf(':') + 1).trim();
  };
  const receives = field('Replica_IO_Running', 'Slave_IO_Running');
  const applies = field('Replica_SQL_Running', 'Slave_SQL_Running');
  if (receives === undefined || applies === undefined) {
    const error = lines.find((line) => line.startsWith('ERROR'));
    if (error !== undefined) return [say.unknown(error, { threshold, advice })];
    return [say.fail('it is no replica', { threshold, advice })];
  }
  const lag = Number(field('Seconds_Behind_Source', 'Seconds_Behind_Master'));
  if (receives !== 'Yes' || applies !== 'Yes') {
    const error = field('Last_IO_Error') || field('Last_SQL_Error') || '';
    const found = `receives: ${receives}, applies: ${applies}${error === '' ? '' : `; ${error}`}`;
    return [say.fail(found, { threshold, advice })];
  }
  if (Number.isNaN(lag)) return [say.unknown('it runs, and does not say how far behind it is', { threshold, advice })];
  const words = { threshold, metrics: [{ name: 'lag_seconds', value: lag, fail: limits.lagMs / 1000 }] };
  const found = `${formatDuration(lag * 1000)} behind`;
  return [lag * 1000 > limits.lagMs ? say.fail(found, { ...words, advice }) : say.ok(found, words)];
}
