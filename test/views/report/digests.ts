/** Prints the digest of every form of report of the recorded runs: run in other time zones and locales by the test beside. */
import { sha256Hex } from '../../../src/events/digest.ts';
import { reportOf } from '../../../src/views/report/model.ts';
import { renderReport } from '../../../src/views/report/verify.ts';
import { recordedRun } from './journals.ts';

for (const name of ['format-1-activation', 'format-1-adopted', 'format-1-return']) {
  const report = reportOf(recordedRun(name));
  for (const form of ['markdown', 'json', 'html'] as const) {
    process.stdout.write(`${name} ${form} ${sha256Hex(renderReport(report, form))}\n`);
  }
}
