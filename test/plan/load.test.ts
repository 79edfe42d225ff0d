import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDrpError } from '../../src/base/errors.ts';
import { loadRunbook, runbookFolders, sitesIn } from '../../src/plan/load.ts';

const root = mkdtempSync(join(tmpdir(), 'drp-load-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const shipped = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

describe('loading a runbook', () => {
  test('looks in ./runbooks, then in the configuration folder, then among the shipped ones', () => {
    const folders = runbookFolders({ cwd: '/home/otto/place', env: { XDG_CONFIG_HOME: '/etc/conf' } });
    expect(folders.slice(0, 2)).toEqual(['/home/otto/place/runbooks', '/etc/conf/drp/runbooks']);
    expect(folders[2]).toMatch(/\/runbooks$/);
    expect(runbookFolders({ cwd: '/x', env: { HOME: '/home/o' } })[1]).toBe('/home/o/.config/drp/runbooks');
  });

  test('looks nowhere else where a folder is named', () => {
    expect(runbookFolders({ cwd: '/home/otto/place', env: {}, folder: 'mine' })).toEqual(['/home/otto/place/mine']);
  });

  test('takes the first folder that has the site, with the exact text', async () => {
    const folders = [
      folder('empty', {}),
      folder('first', { 'gravelines.yaml': shipped }),
      folder('second', { 'gravelines.yaml': 'x' }),
    ];
    const loaded = await loadRunbook('gravelines', folders);
    expect(loaded).toMatchObject({ file: join(root, 'first', 'gravelines.yaml'), text: shipped });
    expect(loaded.warnings).toHaveLength(2);
  });

  test('a site nobody wrote a runbook for is said with the folders that were searched', async () => {
    await expect(loadRunbook('brussels', [folder('empty', {})])).rejects.toMatchObject({
      code: 'runbook-not-found',
      message: expect.stringContaining(join(root, 'empty')) as unknown,
    });
  });

  test('a site that was mistyped is answered with the one that was meant', async () => {
    const path = folder('first', { 'gravelines.yaml': shipped });
    await expect(loadRunbook('gravelins', [path])).rejects.toMatchObject({
      message: `no runbook for site 'gravelins' in ${path}; did you mean 'gravelines'?`,
    });
    await expect(loadRunbook('Gravelines', [path])).rejects.toMatchObject({
      message: expect.stringMatching(/did you mean 'gravelines'\?$/) as unknown,
      hint: expect.stringContaining('drp init --site SITE.') as unknown,
    });
  });

  test('a site name that is a path is not followed', async () => {
    await expect(loadRunbook('../first/gravelines', [folder('empty', {})])).rejects.toMatchObject({
      code: 'runbook-not-found',
    });
  });

  test('a folder with the name of the file is an error, not a crash', async () => {
    const path = folder('odd', {});
    mkdirSync(join(path, 'gravelines.yaml'));
    await expect(loadRunbook('gravelines', [path])).rejects.toMatchObject({
      code: 'runbook-invalid',
      problems: [
        { message: expect.stringContaining('it cannot be read: EISDIR'), file: join(path, 'gravelines.yaml') },
      ],
    });
  });

  test('a runbook without an end is refused, not read until the memory is full', async () => {
    const path = folder('endless', {});
    symlinkSync('/dev/zero', join(path, 'gravelines.yaml'));
    await expect(loadRunbook('gravelines', [path])).rejects.toMatchObject({
      code: 'runbook-invalid',
      problems: [{ message: 'it cannot be read: it is larger than 4 MiB' }],
    });
  });

  test('a broken runbook throws all its problems at once', async () => {
    const path = folder('broken', {
      'gravelines.yaml': shipped.replace('format: 1', 'format: 2').replace('    user: root\n', ''),
    });
    const error: unknown = await loadRunbook('gravelines', [path]).catch((thrown: unknown) => thrown);
    expect(isDrpError(error, 'runbook-invalid') && error.problems.map(({ line, column }) => [line, column])).toEqual([
      [expect.any(Number), 9],
      [expect.any(Number), 3],
    ]);
  });

  test('a file whose site is another than its name is refused', async () => {
    const path = folder('misnamed', { 'lille.yaml': shipped });
    await expect(loadRunbook('lille', [path])).rejects.toMatchObject({ code: 'runbook-invalid' });
  });
});

describe('the sites of a folder', () => {
  test('are its files: a folder called SITE.yaml is none, a link is one that is looked at when it is read', async () => {
    const path = folder('mixed', { 'lille.yaml': '', 'notes.txt': '', 'gravelines.yaml': '' });
    mkdirSync(join(path, 'odd.yaml'));
    symlinkSync('gravelines.yaml', join(path, 'alias.yaml'));
    expect(await sitesIn([path], { named: true })).toEqual(['alias', 'gravelines', 'lille']);
  });

  test('of the usual folders each may be missing', async () => {
    const path = folder('there', { 'lille.yaml': '' });
    expect(await sitesIn([join(root, 'not-there'), join(path, 'lille.yaml'), path], { named: false })).toEqual([
      'lille',
    ]);
  });

  test('a folder that somebody named and that is not there, or is none, is an error', async () => {
    const missing = join(root, 'not-there');
    await expect(sitesIn([missing], { named: true })).rejects.toMatchObject({
      code: 'runbooks-unreadable',
      message: `the folder of runbooks ${missing} cannot be looked into: there is no such folder`,
    });
    const file = join(folder('there', { 'lille.yaml': '' }), 'lille.yaml');
    await expect(sitesIn([file], { named: true })).rejects.toMatchObject({ code: 'runbooks-unreadable' });
    await expect(loadRunbook('lille', [missing, file])).rejects.toMatchObject({
      message: `no runbook for site 'lille' in ${missing} (not there), ${file} (no folder)`,
    });
  });

  test('a folder that cannot be looked into hides nothing: neither its sites, nor that it may have the runbook', async () => {
    const loop = join(root, 'loop');
    symlinkSync('loop', loop);
    const error = { code: 'runbooks-unreadable', message: expect.stringContaining('ELOOP') as unknown };
    await expect(sitesIn([loop], { named: false })).rejects.toMatchObject(error);
    await expect(loadRunbook('lille', [loop, folder('there', { 'lille.yaml': '' })])).rejects.toMatchObject(error);
  });
});
