import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stationsOf } from '../../../src/cli/stations.ts';
import { pointsOfNoReturn } from '../../../src/proof/no-return.ts';
import { bookletHtml } from '../../../src/views/booklet/booklet.ts';
import { changed } from '../../proof/gravelines.ts';
import { chromium, openPage, type Page } from '../report/browser.ts';
import { fetched, overflowing } from '../report/page-checks.ts';

if (chromium === undefined) {
  process.stderr.write('SKIPPED: booklets in a real browser: chromium is missing (apt-get install chromium)\n');
}
const there = chromium === undefined ? describe.skip : describe;

there.each(['activation', 'return'] as const)('the booklet of the %s, printed', (procedure) => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-booklet-'));
  const file = join(folder, 'booklet.html');
  let page: Page;
  beforeAll(async () => {
    const plan = changed(procedure, () => undefined);
    writeFileSync(
      file,
      bookletHtml({ plan, stations: stationsOf(plan), points: pointsOfNoReturn(plan), version: '0.1.0' }),
    );
    page = await openPage(`file://${file}`);
  });
  afterAll(async () => {
    await page?.close();
    rmSync(folder, { recursive: true });
  });

  test('is A4 with nothing cut off, and nothing fetched', async () => {
    // 210 mm less the margins, at 96 dots an inch.
    await page.call('Emulation.setDeviceMetricsOverride', {
      width: 695,
      height: 1000,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await page.call('Emulation.setEmulatedMedia', { media: 'print' });
    expect(await page.value(overflowing)).toEqual([]);
    expect(await page.value(fetched)).toEqual([]);
    const { data } = await page.call('Page.printToPDF', { preferCSSPageSize: true, printBackground: false });
    const pdf = Buffer.from(String(data), 'base64').toString('latin1');
    const pages = pdf.match(/\/Type \/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(10);
    expect(pages).toBeLessThan(60);
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
  });

  test('no command is broken behind a hyphen, where a space may or may not belong', async () => {
    const broken = `[...document.querySelectorAll('pre .word, td .word')].filter((word) => {
      const line = document.createRange();
      line.selectNodeContents(word);
      const rows = new Set([...line.getClientRects()].map(({ top }) => Math.round(top))).size;
      return rows > 1 && word.getBoundingClientRect().width < word.parentElement.clientWidth * 0.6;
    }).map((word) => word.textContent)`;
    expect(await page.value(`document.querySelectorAll('.word').length`)).toBeGreaterThan(20);
    expect(await page.value(broken)).toEqual([]);
  });

  test('no form to sign is torn in two by a page', async () => {
    const torn = await page.value<number>(
      `[...document.querySelectorAll('.gate')].filter((gate) => getComputedStyle(gate).breakInside !== 'avoid' || gate.getBoundingClientRect().height > 1000).length`,
    );
    expect(torn).toBe(0);
  });
});
