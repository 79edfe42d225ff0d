import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readExport } from '../../src/journal/export.ts';
import { openJournal } from '../../src/journal/open.ts';
import { writeKey } from '../lab/keys.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const exported = (name: string): string => join(root, 'test/journals', `${name}.jsonl`);
const activation = readExport(readFileSync(exported('format-1-activation'), 'utf8'));
const back = readExport(readFileSync(exported('format-1-return'), 'utf8'));
const { run } = activation.frame;
let folder = '';
let journal = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-report-cli-'));
  journal = `sqlite:${join(folder, 'journal', 'journal.sqlite')}`;
  const store = await openJournal(journal);
  for (const { frame, stored } of [activation, back]) await store.keep(frame.run, stored);
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function drp(...args: string[]): { readonly code: number; readonly out: string; readonly err: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, DRP_JOURNAL: journal, XDG_STATE_HOME: folder };
  const ran = spawnSync(join(root, 'bin/drp'), [...args, '--no-color'], {
    cwd: folder,
    env,
    encoding: 'utf8',
    input: '',
  });
  return { code: ran.status ?? -1, out: ran.stdout, err: ran.stderr };
}

describe('drp report', () => {
  test.each(['md', 'json', 'html'])('a .%s report is written once, verified, and found out when changed', (end) => {
    const file = join(folder, `report.${end}`);
    expect(drp('report', run, '--output', file)).toMatchObject({ code: 0, err: '' });
    expect(drp('report', run, '--output', file).code).toBe(2);
    expect(drp('report', '--verify', file)).toMatchObject({ code: 0, out: expect.stringContaining('GOOD') });
    const offline = (...names: readonly string[]) => drp('report', '--verify', file, '--from', ...names.map(exported));
    expect(offline('format-1-activation', 'format-1-return')).toMatchObject({
      code: 0,
      out: expect.stringContaining('byte for byte'),
    });
    // It tells what the return settled: from its own run alone it cannot be made again.
    expect(offline('format-1-activation')).toMatchObject({ code: 2, err: expect.stringContaining(back.frame.run) });
    writeFileSync(file, readFileSync(file, 'utf8').replace('fire in Limburg', 'flood in Limburg'));
    const changed = drp('report', '--verify', file, '--json');
    expect(changed.code).toBe(5);
    expect(JSON.parse(changed.out)).toMatchObject({ report: 'changed', run, found: expect.stringContaining('flood') });
  });

  test('from one exported file it says so, and is verified from that file', () => {
    const { out } = drp('report', '--from', exported('format-1-activation'));
    expect(out).toContain('no other run of the site was looked at');
    writeFileSync(join(folder, 'alone.md'), out);
    expect(drp('report', '--verify', 'alone.md', '--from', exported('format-1-activation')).code).toBe(0);
    expect(drp('report', '--verify', 'alone.md').code).toBe(0);
  });

  test('what goes to stdout is the report and nothing else', () => {
    const { out } = drp('report', '--run', run);
    writeFileSync(join(folder, 'out.md'), out);
    expect(drp('report', '--verify', 'out.md').code).toBe(0);
    expect(JSON.parse(drp('report', run, '--json').out)).toMatchObject({ format: 'drp-report@v1', run });
  });

  test('another file is no report', () => {
    writeFileSync(join(folder, 'other.txt'), 'hello');
    expect(drp('report', '--verify', 'other.txt')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no report'),
    });
  });
});

describe('drp lesson', () => {
  test('is signed, listed, in the next report, and closed once; the audit still verifies', () => {
    const [began] = activation.events;
    const net = /127\.\d+\.\d+/.exec(JSON.stringify(began?.data))?.[0] ?? '';
    const key = join(folder, 'anne');
    writeKey(net, 'anne', key);
    const hand = ['--person', 'anne', '--key', key];
    const added = drp(
      'lesson',
      'add',
      'watch the room',
      '--owner',
      'otto',
      '--due',
      '2026-12-31',
      '--run',
      run,
      ...hand,
      '--json',
    );
    expect(added).toMatchObject({ code: 0, err: '' });
    const { id } = JSON.parse(added.out) as { readonly id: string };
    expect(drp('lesson', 'list').out).toContain(`${id}  site gravelines, run ${run}, for otto until 2026-12-31`);
    expect(drp('report', run).out).toContain(`| ${id} | watch the room | otto | 2026-12-31 | anne | open |`);
    expect(drp('lesson', 'close', id, '--reason', 'an alarm was set', ...hand).code).toBe(0);
    expect(drp('lesson', 'close', id, '--reason', 'again', ...hand).code).toBe(2);
    expect(drp('lesson', 'list').out).toBe('no lesson is open\n');
    const audit = drp('audit', 'verify', '--run', run, '--json');
    expect(audit.code).toBe(0);
    const { answers } = JSON.parse(audit.out) as {
      readonly answers: readonly { readonly type: string; readonly signature: string }[];
    };
    expect(answers.filter(({ type }) => type.startsWith('lesson.'))).toMatchObject([
      { signature: 'good' },
      { signature: 'good' },
    ]);
  });

  test('a stranger notes none, and a day that is none is refused', () => {
    expect(
      drp('lesson', 'add', 'x', '--owner', 'otto', '--due', '2026-12-31', '--run', run, '--person', 'mallory').code,
    ).toBe(3);
    expect(drp('lesson', 'add', 'x', '--owner', 'otto', '--due', '2026-02-30', '--run', run).code).toBe(2);
  });
});

describe('drp sla', () => {
  test('counts the disaster as unplanned, the frozen window of the return as planned, by the rules given', () => {
    const answer = (...args: string[]) => {
      const { out, code } = drp('sla', '--quarter', '2026Q4', '--json', ...args);
      expect(code).toBe(0);
      return (
        JSON.parse(out) as {
          readonly sites: readonly {
            readonly plannedMs: number;
            readonly outages: readonly { readonly countedAs: string }[];
          }[];
        }
      ).sites[0]!;
    };
    expect(answer().outages.map(({ countedAs }) => countedAs)).toEqual(['unplanned', 'planned']);
    expect(answer().plannedMs).toBeGreaterThan(0);
    const late = answer('--announced', `${back.frame.run}=2026-11-20`);
    expect(late.outages.map(({ countedAs }) => countedAs)).toEqual(['unplanned', 'unplanned']);
  });

  test('an announcement that names no return of the journal is refused with its place, in whatever quarter', () => {
    const typo = `${back.frame.run.slice(0, -1)}${back.frame.run.endsWith('z') ? 'y' : 'z'}`;
    writeFileSync(join(folder, 'typo.yaml'), `announced:\n  ${typo}: '2026-11-10'\n  ${run}: '2026-11-10'\n`);
    const asked = (...args: string[]) => drp('sla', '--quarter', '2026Q2', ...args);
    const { code, out, err } = asked('--outages', 'typo.yaml');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const told = err.replace(/\s+/g, ' ');
    expect(told).toContain(
      `typo.yaml:2:3: there is no run '${typo}' in this journal; did you mean '${back.frame.run}'?`,
    );
    expect(told).toContain(`typo.yaml:3:3: run '${run}' is no return (activation)`);
    const flag = asked('--announced', 'nonsense=2026-11-10');
    expect(flag).toMatchObject({ code: 2, err: expect.stringContaining("--announced: there is no run 'nonsense'") });

    // Known, although its stop is in another quarter, or another site is asked for.
    writeFileSync(join(folder, 'fits.yaml'), `announced: { ${back.frame.run}: '2026-11-10' }\n`);
    expect(asked('--outages', 'fits.yaml')).toMatchObject({ code: 0, err: '' });
    expect(asked('--outages', 'fits.yaml', '--site', 'elsewhere')).toMatchObject({ code: 0, err: '' });
  });

  test('the example of the policy gives 99.95 %', () => {
    const { out } = drp(
      ...['sla', '--quarter', '2026Q2', '--site', 'elsewhere', '--promise', '99.9'],
      ...['--outage', '2026-05-01T00:00Z/2026-05-01T01:00Z', '2026-05-04T00:00Z/2026-05-04T04:00Z=planned@2026-04-20'],
    );
    expect(out).toContain('elsewhere, 2026Q2: 99.95 % available');
    expect(out).toContain('99.9 %: kept');
  });
});

test('a word to a run that has ended is refused: nobody will ever hear it', () => {
  for (const word of [['abort'], ['decide', 'retry', 'copy-files']]) {
    const ran = drp(...word, '--run', run, '--reason', 'late');
    expect(ran.code).toBe(3);
    expect(ran.err).toContain(`run ${run} has ended (completed)`);
  }
});
