/** Prints the digest of every form of report of the recorded runs: run in other time zones and locales by the test beside. */
import { sha256Hex } from '../../../src/events/digest.ts';
import { reportOf } from '../../../src/views/report/model.ts';
import { renderReport } from '../../../src/views/report/verify.ts';
import { recordedRun } from './journals.ts';

const names = ['format-1-activation', 'format-1-adopted', 'format-1-return'];
const runs = names.map(recordedRun);
// From its own record alone, and beside the other runs of its site.
const reports = runs.flatMap((run) => [
  reportOf(run),
  reportOf(
    run,
    runs.filter((one) => one !== run),
  ),
]);
for (const [at, report] of reports.entries()) {
  for (const form of ['markdown', 'json', 'html'] as const) {
    process.stdout.write(`${at} ${form} ${sha256Hex(renderReport(report, form))}\n`);
  }
}
