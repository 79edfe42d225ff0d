import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitLines } from '../../../src/steps/copy/copy-args.ts';
import { scriptText } from '../../../src/steps/remote/script-text.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-straight-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const sh = (text: string, ...args: string[]): string => execFileSync('sh', ['-c', text, 'sh', ...args]).toString();

describe('large files into a fresh tree', () => {
  test('that a cut leaves half keep their name, closed to others and without their time, and rsync goes on with them', () => {
    const hidden = join(folder, '.large.drp-halved');
    mkdirSync(hidden);
    const stubs = `work=$1 staging=$2 source= identity_file= identity_text= excludes= DRP_LINK_SHARE=1 here_entries=1 way_flags=-WL
      on_source() { case $1 in */large.sh) printf '%s\n' '4 1000000000.5 whole' '8 1000000000 a folder/half' '4 1000000000 never' ;; *) printf four; [ "$5" = whole ] ;; esac; }
      report_while() { :; }
      measure_staging() { :; }
      one_line() { cat; }\n`;
    const said = sh(`${stubs}${scriptText('copy/straight.sh')}\nstraight; echo "$way_flags"`, folder, hidden);
    expect(said).toMatch(/did not come whole[^]*\n-L\n$/);
    expect(statSync(join(hidden, 'whole')).mtimeMs).toBe(1_000_000_000_500);
    const half = statSync(join(hidden, 'a folder', 'half'));
    expect([half.size, half.mode & 0o777, half.mtimeMs > 1.5e12]).toEqual([4, 0o600, true]);
    expect(existsSync(join(hidden, 'never'))).toBe(false);
  });

  test.each(['../out', 'a/../../out', '..'])(
    'are never written out of the hidden tree, whatever the source calls them: %s',
    (path) => {
      const hidden = join(folder, 'hidden', 'tree');
      mkdirSync(hidden, { recursive: true });
      const text = `on_source() { echo four; }
      work=$1 staging=$2 source= identity_file= identity_text=
      ${scriptText('copy/straight.sh')}
      printf '4 1000000000 %s\\n' "$3" >"$work/list"
      bring_straight "$work/list" && echo brought || echo not`;
      expect(sh(text, folder, hidden, path)).toBe('not\n');
      expect(sh('ls "$1/.."', hidden)).toBe('tree\n');
    },
  );

  test('are reported on no longer than their job lives', () => {
    const text = `${scriptText('copy/transfer.sh')}
      work=$1 bytes=1 limit= streams_now=
      say() { :; }
      limit_now() { :; }
      sleep() { command sleep 0.05; }
      nothing() { echo 0; }
      report_while x 0 nothing >/dev/null 2>&1 &
      echo "$!"
      kill -9 "$$"`;
    const { stdout } = spawnSync('sh', ['-c', text, 'sh', folder], { encoding: 'utf8' });
    expect(
      sh('for n in $(seq 100); do kill -0 "$1" 2>/dev/null || { echo gone; exit; }; sleep 0.05; done', stdout.trim()),
    ).toBe('gone\n');
  });
});

describe('the line', () => {
  test('is used by fewer streams where the source does not let all of them in, and what those were to bring comes with the rest', () => {
    for (const number of [1, 2, 3, 4]) writeFileSync(join(folder, `share.${String(number)}`), `of ${String(number)};`);
    // As sshd with MaxStartups 2:100:3 does it: of more than two at once the others are hung up on.
    const text = `${scriptText('copy/transfer.sh')}
      work=$1 way_flags= way_streams=4 here_bytes=0 bytes=1 lenient=
      rsync_flags() { :; }
      report_while() { :; }
      measure_staging() { :; }
      one_line() { cat; }
      say() { echo "$@"; }
      sleep() { :; }
      start_stream() { (
        : >"$work/progress.$1"
        [ "$1" -le 2 ] || exit 12
        echo 1 >"$work/progress.$1"
        [ ! -e "$work/share.4" ]
      ) & }
      transfer 'copying in streams'
      ls "$work"
      cat "$work"/share.*`;
    const said = sh(text, folder);
    expect(said).toMatch(/going on in 2 of 4/);
    expect(said).toMatch(/share\.1\nshare\.2\n[^]*of 1;of 3;of 2;of 4;$/);
    expect(said).not.toMatch(/share\.[34]|refuse/);
  });

  test('is shared out among streams by folder and large file, each name once, further names of a file not at all', () => {
    sh(
      'cd "$1" && mkdir -p video many/a many/b && for n in 1 2 3 4; do truncate -s 9M video/v$n; done && ln video/v1 video/again && truncate -s 4M top && echo x >many/a/f && echo x >many/b/f',
      folder,
    );
    const script = scriptText('remote/script-opening.sh', 'remote/tree-find.sh', 'copy/shares.sh');
    const shares = sh(script, folder, '', '', '', '3')
      .split('\0')
      .filter((one) => one !== '');
    const first = ['video/again', 'video/v1'].filter((name) => shares.some((one) => one.endsWith(` ${name}`)));
    expect(first).toHaveLength(1);
    const names = shares.map((one) => one.slice(2)).filter((name) => !first.includes(name));
    expect(names.sort()).toEqual(['many', 'top', 'video/v2', 'video/v3', 'video/v4']);
    expect(new Set(shares.map((one) => one.slice(0, 1))).size).toBe(3);
  });

  test.each([
    ['2200', '22:00-06:00=1000', '1000'],
    ['0559', '22:00-06:00=1000', '1000'],
    ['0600', '22:00-06:00=1000', ''],
    ['1200', '08:00-18:00=5000 12:00-13:00=2000', '2000'],
    ['1300', '08:00-18:00=5000 12:00-13:00=2000', '5000'],
    ['0000', '00:00-24:00=700', '700'],
  ])('at %s under %s may carry %s bytes a second', (now, limits, expected) => {
    const rates = limits.split(' ').map((one) => {
      const [, first = '', last = '', rate] = /^(.*)-(.*)=(.*)$/.exec(one) ?? [];
      return { from: first, to: last, atMost: Number(rate) };
    });
    const text = `date() { echo ${now}; }\nwork=$1\n${scriptText('copy/transfer.sh')}\nlimit_now`;
    writeFileSync(join(folder, 'limits'), `${limitLines(rates)}\n`);
    expect(sh(text, folder).trim()).toBe(expected);
  });
});
