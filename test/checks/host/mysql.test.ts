import { expect, test } from '@jest/globals';
import { mysqlFindings } from '../../../src/checks/host/mysql.ts';
import { factsWith, needs } from './clean-host.ts';

const row = '*************************** 1. row ***************************';
const unknownWords = "ERROR 1064 (42000) at line 1: You have an error in your SQL syntax near 'ALL REPLICAS STATUS'";

const judged = (lines: readonly string[]): readonly string[] =>
  mysqlFindings(factsWith({ mysql: lines.join('\n') }), { ...needs, mysqlReplica: true }).map(
    ({ status, subject, found }) => `${status} ${subject}: ${found}`,
  );

test.each<[string, readonly string[], readonly string[]]>([
  [
    'a replica of MySQL 8, behind words that it does not know',
    [unknownWords, row, '  Replica_IO_Running: Yes', ' Replica_SQL_Running: Yes', 'Seconds_Behind_Source: 2'],
    ['ok web: 2.0 s behind'],
  ],
  [
    'one that is far behind',
    [row, 'Slave_IO_Running: Yes', 'Slave_SQL_Running: Yes', 'Seconds_Behind_Master: 3600'],
    ['fail web: 1 h 00 min behind'],
  ],
  [
    'one of two sources that has stopped',
    [
      ...[row, 'Connection_name: north', 'Slave_IO_Running: Yes', 'Slave_SQL_Running: Yes', 'Seconds_Behind_Master: 0'],
      ...[row, 'Connection_name: south', 'Slave_IO_Running: Connecting', 'Slave_SQL_Running: Yes'],
      ...['Seconds_Behind_Master: NULL', 'Last_IO_Error: error connecting to master'],
    ],
    ['ok web:north: not behind', 'fail web:south: receives: Connecting, applies: Yes; error connecting to master'],
  ],
  ['a server that is no replica', [], ['fail web: it is no replica']],
  [
    'a login that may not look: its reason, not the words the server does not know',
    [unknownWords, 'ERROR 1227 (42000): Access denied', unknownWords, unknownWords],
    ['unknown web: ERROR 1227 (42000): Access denied'],
  ],
  ['a server that hangs', ['ERROR: it gives no answer'], ['unknown web: ERROR: it gives no answer']],
  [
    'one that does not say how far behind it is',
    [row, 'Slave_IO_Running: Yes', 'Slave_SQL_Running: Yes', 'Seconds_Behind_Master: NULL'],
    ['unknown web: it runs, and does not say how far behind it is'],
  ],
])('%s', (_, lines, expected) => {
  expect(judged(lines)).toEqual(expected);
});
