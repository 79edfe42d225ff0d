import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parseSurvey } from '../../../src/steps/backups/survey-backup.ts';
import { scriptText } from '../../../src/steps/remote/script-text.ts';
import { run } from '../../lab/process.ts';

// What a server with dumps of all kinds says of them, by what they hold.

const rows = Array.from({ length: 2_000 }, (_, at) => `INSERT INTO orders VALUES (${String(at)}, 'some text');`);
const text = (...lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);
const postgres = ['--', '-- PostgreSQL database dump', '--', '', '\\restrict abc', ...rows];
const whole = text(...postgres, '--', '-- PostgreSQL database dump complete', '--', '', '\\unrestrict abc', '');
const cluster = ['--', '-- PostgreSQL database cluster dump', '--', ...rows];
const mysql = ['-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)', '--', ...rows];
const mariadb = ['/*M!999999\\- enable the sandbox mode */ ', '-- MariaDB dump 10.19', '--', ...rows];
const half = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length / 2));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-dumps-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** `FORMAT READ: DEFECTS` of one file, read whole. */
async function said(content: Buffer): Promise<string> {
  const file = join(folder, 'kyc-2026-11-21.dump');
  writeFileSync(file, content);
  utimesSync(file, 1_700_000_000, 1_700_000_000);
  const args = [folder, 'kyc-', '.dump', 'database', '8', '0', '', '1'];
  const { stdout } = await run(['sh', '-c', scriptText('backups/survey.sh'), 'drp', ...args]);
  const base = { backup: 'database', kind: 'database', host: 'store', datacentre: 'west' } as const;
  const [found] = parseSurvey(stdout, base);
  return `${found?.format ?? '?'} ${(found?.readBy ?? ['unread']).join()}: ${(found?.defects ?? []).join('; ')}`;
}

const noEnd = 'it does not end with the words of its writer';
describe('a dump is known by what it begins with, and whole by how it ends', () => {
  test.each<[string, Buffer, string]>([
    ['SQL of PostgreSQL', whole, 'sql content: '],
    ['SQL of PostgreSQL, torn', half(whole), `sql content: ${noEnd} (-- PostgreSQL database dump complete)`],
    ['the same behind gzip', gzipSync(whole), 'sql content: '],
    ['behind zstd', zstdCompressSync(whole), 'sql content: '],
    [
      'torn before it was packed',
      gzipSync(half(whole)),
      `sql content: ${noEnd} (-- PostgreSQL database dump complete)`,
    ],
    ['torn when it was packed', half(gzipSync(whole)), 'sql content: it cannot be unpacked to its end'],
    ['a whole cluster', text(...cluster, '-- PostgreSQL database cluster dump complete'), 'sql content: '],
    ['SQL of MySQL', text(...mysql, '-- Dump completed on 2026-11-21 14:00:00'), 'mysql content: '],
    ['SQL of MySQL, without a date', text(...mysql, '-- Dump completed'), 'mysql content: '],
    ['SQL of MariaDB behind gzip', gzipSync(text(...mariadb, '-- Dump completed')), 'mysql content: '],
    ['SQL of MariaDB, torn', text(...mariadb), `mysql content: ${noEnd} (-- Dump completed)`],
    [
      'rows that speak of the end, and none',
      text(...postgres, "INSERT INTO notes VALUES ('-- PostgreSQL database dump complete');"),
      `sql content: ${noEnd} (-- PostgreSQL database dump complete)`,
    ],
    ['a letter', text('Dear customer,'), 'unknown unread: it is no dump that is known'],
    ['nothing', Buffer.alloc(0), 'unknown unread: it is no dump that is known; it is empty'],
  ])('%s', async (_, content, expected) => {
    expect(await said(content)).toBe(expected);
  });

  test('one whose packing this server does not know is not read, and nothing is said against it', async () => {
    const file = join(folder, 'kyc-2026-11-21.dump');
    writeFileSync(file, zstdCompressSync(whole));
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    const script = `command() { case $2 in zstd) return 1 ;; esac; builtin command "$@"; }\n${scriptText('backups/survey.sh')}`;
    const args = [folder, 'kyc-', '.dump', 'database', '8', '0', '', '1'];
    const { stdout } = await run(['bash', '-c', script, 'drp', ...args]);
    expect(stdout).toContain('unread zstd is not there');
    expect(stdout).not.toContain('defect');
    expect(readFileSync(file).length).toBeGreaterThan(0);
  });
});
