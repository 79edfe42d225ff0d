import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../../src/events/event.ts';
import { reportHtml } from '../../../src/views/report/html.ts';
import { reportOf } from '../../../src/views/report/model.ts';
import { chromium, openPage, type Page } from './browser.ts';
import { eventfulRun } from './eventful-run.ts';
import { recordedRun } from './journals.ts';
import { fetched, overflowing, paleTexts, unnamed } from './page-checks.ts';

if (chromium === undefined) {
  process.stderr.write('SKIPPED: reports in a real browser: chromium is missing (apt-get install chromium)\n');
}
const there = chromium === undefined ? describe.skip : describe;

const [began, ...rest] = eventfulRun();
const drill = [{ ...began, data: { ...began?.data, mode: 'drill' } }, ...rest] as Event[];
const runs: readonly (readonly [string, readonly Event[]])[] = [
  ['activation', recordedRun('format-1-activation')],
  ['return', recordedRun('format-1-return')],
  ['eventful drill', drill],
];
const sizes = { desktop: [1280, 900], phone: [390, 844] } as const;

there.each(runs)('the HTML report of a run in a real browser: %s', (_, events) => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-report-'));
  const file = join(folder, 'report.html');
  let page: Page;
  beforeAll(async () => {
    writeFileSync(file, reportHtml(reportOf(events)));
    page = await openPage(`file://${file}`);
  });
  afterAll(async () => {
    await page?.close();
    rmSync(folder, { recursive: true });
  });
  const show = async (size: readonly [number, number], media: string, scheme: string): Promise<void> => {
    const [width, height] = size;
    await page.call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    await page.call('Emulation.setEmulatedMedia', {
      media,
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
  };

  test.each([
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ] as const)('on a %s in %s nothing sticks out, and every text can be read', async (size, scheme) => {
    await show(sizes[size], 'screen', scheme);
    expect(await page.value(overflowing)).toEqual([]);
    expect(await page.value(paleTexts)).toEqual([]);
    const ground = await page.value<string>('getComputedStyle(document.body).backgroundColor');
    expect(ground === 'rgb(255, 255, 255)').toBe(scheme === 'light');
  });

  test('a screen reader finds landmarks, headings in order, named tables, rows, drawings and links', async () => {
    await show(sizes.desktop, 'screen', 'light');
    expect(await page.value(unnamed)).toEqual([]);
  });

  test('it asks for nothing beside itself, and runs no script', async () => {
    expect(await page.value(fetched)).toEqual([]);
    expect(await page.value('document.scripts.length')).toBe(0);
  });

  test('it prints on A4 in black on white, even from a dark screen, with nothing cut off', async () => {
    // 210 mm less the margins, at 96 dots an inch.
    await show([688, 1000], 'print', 'dark');
    expect(await page.value(overflowing)).toEqual([]);
    expect(await page.value(paleTexts)).toEqual([]);
    expect(await page.value('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    const { data } = await page.call('Page.printToPDF', { preferCSSPageSize: true, printBackground: false });
    const pdf = Buffer.from(String(data), 'base64').toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)?.length ?? 0).toBeGreaterThan(1);
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
  });
});
