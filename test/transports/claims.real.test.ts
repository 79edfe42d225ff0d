import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClaims, type Claims } from '../../src/transports/claims.ts';
import { provenArgv } from '../../src/transports/host-proof.ts';
import { createTransportPool, type HostPool } from '../../src/transports/pool.ts';
import { provenExec } from '../../src/transports/proven-exec.ts';
import { argv } from '../../src/transports/quote.ts';
import { startSshd, type SshdFixture } from './sshd-fixture.ts';

jest.setTimeout(60_000);

const host = 'gravelines';
let sshd: SshdFixture;
let pool: HostPool;
let claims: Claims;
let next = 0;
const site = (): string => `site-${(next += 1)}`;

beforeAll(async () => {
  sshd = await startSshd();
  pool = createTransportPool([sshd.target()]);
  claims = createClaims(pool);
});

afterAll(async () => {
  await pool.closeAll();
  await sshd.stop();
});

const lost = (holder: string, epoch: number) => ({ code: 'claim-lost', details: { holder, epoch } });

describe('the claim on a site', () => {
  test('is held by nobody at first, then by the run that took it', async () => {
    const name = site();
    expect(await claims.read(host, name)).toBeUndefined();
    await claims.take(host, { site: name, run: 'one', epoch: 1 });
    expect(await claims.read(host, name)).toEqual({ run: 'one', epoch: 1 });
  });

  test('may be taken again by its own driver, not by another run', async () => {
    const name = site();
    await claims.take(host, { site: name, run: 'one', epoch: 1 });
    await claims.take(host, { site: name, run: 'one', epoch: 1 });
    await expect(claims.take(host, { site: name, run: 'two', epoch: 9 })).rejects.toMatchObject(lost('one', 1));
    await expect(claims.release(host, { site: name, run: 'two', epoch: 9 })).rejects.toMatchObject(lost('one', 1));
  });

  test('goes to exactly one of ten runs that take it at once', async () => {
    const name = site();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => claims.take(host, { site: name, run: `run-${index}`, epoch: 1 })),
    );
    const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [`run-${index}`] : []));
    expect(winners).toHaveLength(1);
    expect(await claims.read(host, name)).toEqual({ run: winners[0], epoch: 1 });
  });

  test('rises with its epoch and is refused to an overtaken driver, even after the release', async () => {
    const name = site();
    await claims.take(host, { site: name, run: 'one', epoch: 1 });
    await claims.take(host, { site: name, run: 'one', epoch: 3 });
    for (const act of [claims.take, claims.release]) {
      await expect(act(host, { site: name, run: 'one', epoch: 2 })).rejects.toMatchObject(lost('one', 3));
    }
    await claims.release(host, { site: name, run: 'one', epoch: 3 });
    await claims.release(host, { site: name, run: 'one', epoch: 3 });
    expect(await claims.read(host, name)).toBeUndefined();
    await expect(claims.take(host, { site: name, run: 'one', epoch: 2 })).rejects.toMatchObject(lost('one', 3));
    await claims.take(host, { site: name, run: 'two', epoch: 1 });
  });

  test('is remembered with the epoch that freed it, and may be taken again by that driver', async () => {
    const name = site();
    const later = { site: name, run: 'one', epoch: 3, driver: 'aa03', known: ['aa01'] };
    await claims.take(host, { site: name, run: 'one', epoch: 1, driver: 'aa01' });
    await claims.release(host, later);
    expect(await claims.read(host, name)).toBeUndefined();
    const between = { ...later, epoch: 2, driver: 'aa02' };
    await expect(claims.take(host, between)).rejects.toMatchObject(lost('one', 3));
    await claims.take(host, later);
    expect(await claims.read(host, name)).toEqual({ run: 'one', epoch: 3, driver: 'aa03' });
    await claims.release(host, later);
    await claims.take(host, later);
  });

  test('given back where nobody holds it is refused to a take of an overtaken driver that was still on its way', async () => {
    const name = site();
    const dead = { site: name, run: 'one', epoch: 1, driver: 'aa01', known: [] };
    const own = { site: name, run: 'one', epoch: 2, driver: 'aa02', known: ['aa01'] };
    await claims.release(host, own);
    await expect(claims.take(host, dead)).rejects.toMatchObject(lost('one', 2));
    expect(await claims.read(host, name)).toBeUndefined();
    // Another record of the run, which knows nothing of that, changes nothing of it; another run takes the host.
    await claims.release(host, { ...own, epoch: 3, driver: 'bb03' });
    await claims.take(host, own);
    await claims.release(host, own);
    await claims.take(host, { site: name, run: 'two', epoch: 1 });
  });

  test('is on disk before it gets its name, and its name before anything is said', () => {
    const folder = join(sshd.folder, 'watched');
    const home = join(folder, 'home');
    const log = join(folder, 'log');
    mkdirSync(home, { recursive: true });
    // Each program as it is, but noted.
    for (const program of ['sync', 'mv']) {
      const file = join(folder, program);
      writeFileSync(file, `#!/bin/sh\necho ${program} "$@" >>${log}\nexec /bin/${program} "$@"\n`);
      chmodSync(file, 0o755);
    }
    const acts = (verb: string, epoch: number): readonly string[] => {
      const target = { ...sshd.target(), base: home };
      const args = [verb, 'site', 'one', String(epoch), 'aa01', '0', 'aa01'];
      const [program, ...rest] = provenArgv(target, { script: 'claims', args }).command;
      const env = { HOME: home, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      expect(execFileSync(program, rest, { env, encoding: 'utf8' })).toContain(' claim ');
      const said = readFileSync(log, 'utf8').replaceAll(home, '~').trim().split('\n');
      rmSync(log);
      return said;
    };
    const claim = '~/.drp/claims';
    const named = [`mv -f ${claim}/.site.new ${claim}/site`, `sync ${claim}`];
    expect(acts('take', 1)).toEqual([`sync ${claim}/.site.new ~/.drp/jobs ~/.drp ~`, ...named]);
    // Who wrote it may have been cut off before its name was on disk.
    expect(acts('take', 1)).toEqual([`sync ${claim}`]);
    expect(acts('take', 2)).toEqual([`sync ${claim}/.site.new`, ...named]);
    expect(acts('release', 2)).toEqual([`mv -f ${claim}/site ${claim}/.site.last`, `sync ${claim}`]);
  });

  test('is refused to a second record of the run: a copied journal counts on to the same epochs', async () => {
    const name = site();
    const known = ['aa01'];
    const here = { site: name, run: 'one', epoch: 2, driver: 'aa02', known };
    const copy = { site: name, run: 'one', epoch: 2, driver: 'bb02', known };
    await claims.take(host, { site: name, run: 'one', epoch: 1, driver: 'aa01' });
    const raised = await Promise.allSettled([claims.take(host, here), claims.take(host, copy)]);
    expect(raised.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [winner, loser] = raised[0]?.status === 'fulfilled' ? [here, copy] : [copy, here];
    expect(await claims.read(host, name)).toEqual({ run: 'one', epoch: 2, driver: winner.driver });
    const transport = await pool.connect(host);
    await expect(provenExec(transport, argv('true'), { timeoutMs: 5_000, claim: loser })).rejects.toMatchObject(
      lost('one', 2),
    );
    expect(await provenExec(transport, argv('true'), { timeoutMs: 5_000, claim: winner })).toMatchObject({
      exitCode: 0,
    });
    // A later driver of the other record has a higher epoch, and still does not know who acted meanwhile.
    const later = { ...loser, epoch: 3, driver: 'cc03', known: [...known, loser.driver] };
    await expect(claims.take(host, later)).rejects.toMatchObject(lost('one', 2));
    await claims.release(host, winner);
    await expect(claims.take(host, later)).rejects.toMatchObject(lost('one', 2));
    // One that was adopted knows that it may lack its end, and begins above all of that.
    await claims.take(host, { ...later, epoch: 1_000_000_001, overtakes: 1_000_000_001 });
    expect(await claims.read(host, name)).toMatchObject({ epoch: 1_000_000_001 });
  });

  test('in a file that cannot be read is never overwritten', async () => {
    const name = site();
    writeFileSync(join(sshd.home, '.drp', 'claims', name), 'garbage\n');
    await expect(claims.take(host, { site: name, run: 'one', epoch: 1 })).rejects.toMatchObject({ code: 'claim-lost' });
  });

  test('of a name that is a path is refused here', async () => {
    for (const bad of ['../x', '.x', '', 'a b', "a'"]) {
      await expect(claims.take(host, { site: bad, run: 'one', epoch: 1 })).rejects.toMatchObject({ code: 'internal' });
    }
  });
});

describe('provenExec', () => {
  test('runs a command with its own exit code, output, stdin and umask', async () => {
    const transport = await pool.connect(host);
    const command = argv('sh', '-c', 'umask; cat; printf "%s|" "$@"; echo oops >&2; exit 97', 'x', "it's", '$(id)');
    const plain = await transport.exec(argv('sh', '-c', 'umask'), { timeoutMs: 5_000 });
    const result = await provenExec(transport, command, { timeoutMs: 5_000, stdin: 'in\n' });
    const umask = plain.kind === 'exited' ? plain.stdout : '';
    expect(result).toMatchObject({ kind: 'exited', exitCode: 97, stdout: `${umask}in\nit's|$(id)|`, stderr: 'oops\n' });
  });

  test('runs nothing on another machine or for a run that does not hold the site', async () => {
    const transport = await pool.connect(host);
    const name = site();
    const file = join(sshd.home, `${name}.touched`);
    const claim = { site: name, run: 'one', epoch: 1 };
    const wrong = { ...transport, target: { ...transport.target, identity: { file: '/etc/hostname', text: 'other' } } };
    await expect(provenExec(wrong, argv('touch', file), { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'identity-mismatch',
    });
    await expect(provenExec(transport, argv('touch', file), { timeoutMs: 5_000, claim })).rejects.toMatchObject(
      lost('nobody', 0),
    );
    expect(await transport.exec(argv('test', '-e', file), { timeoutMs: 5_000 })).toMatchObject({ exitCode: 1 });
    await claims.take(host, claim);
    expect(await provenExec(transport, argv('touch', file), { timeoutMs: 5_000, claim })).toMatchObject({
      exitCode: 0,
    });
  });
});
