import { expect, test } from '@jest/globals';
import { auditWhole } from '../../src/cli/audit-whole.ts';
import { verdictPage } from '../../src/views/audit-text.ts';
import { plainStyle } from '../../src/views/style.ts';
import { sampleExport } from '../journal/sample-run.ts';

test('the verdict says part by part what holds, what is proved, and what is not', async () => {
  const verdict = auditWhole(Buffer.from(await sampleExport()), {});
  const page = verdictPage(verdict, { keys: 'keys as the run carried them', width: 100, style: plainStyle });
  expect(page).toContain('verified: run k3f9-2a7m, 6 events');
  expect(page).toContain('policy: holds, 1 words of people judged again');
  expect(page).toMatch(/Proved:\n {2}- up to event 6/);
  expect(page).toMatch(/Not proved:[\s\S]*their keys are those the run carried/);
});

test('where the record says that heads are kept, the verdict names the places, until one is given', async () => {
  const verdict = { ...auditWhole(Buffer.from(await sampleExport()), {}), kept: ['command git-tag up to event 5'] };
  const view = { keys: '', width: 200, style: plainStyle };
  expect(verdictPage(verdict, view)).toContain('heads are kept by command git-tag up to event 5: get them there');
  const given = { ...verdict, anchors: [{ anchor: 'k3f9-2a7m 5:0', good: true, text: '' }] };
  expect(verdictPage(given, view)).not.toContain('get them there');
});
