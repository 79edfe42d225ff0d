/**
 * Everything that must hold, one stage after the other: `npm test`. Ends with a line `N passed, N failed`; each check that
 * is no test (format, lint, types, layers, docs) counts as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numTotalTests: number;
}

const checks = ['format:check', 'lint', 'types', 'layers', 'docs:check'];
const suites = ['unit', 'real'];
const folder = mkdtempSync(join(tmpdir(), 'drp-tests-'));
let passed = 0;
let failed = 0;
let skipped = 0;

for (const check of checks) {
  const ok = npm([check]) === 0;
  if (ok) passed += 1;
  else failed += 1;
}
for (const suite of suites) {
  const file = join(folder, `${suite}.json`);
  npm([suite, '--', '--json', `--outputFile=${file}`]);
  const result = read(file);
  passed += result?.numPassedTests ?? 0;
  skipped += result?.numPendingTests ?? 0;
  // A suite that could not even be loaded, or a run without tests, has no failed test, and is a failure all the same.
  failed +=
    result === undefined || result.numTotalTests === 0 ? 1 : result.numFailedTests + result.numRuntimeErrorTestSuites;
}
rmSync(folder, { recursive: true, force: true });
console.log(`${String(passed)} passed, ${String(failed)} failed${skipped === 0 ? '' : `, ${String(skipped)} skipped`}`);
process.exitCode = failed === 0 ? 0 : 1;

function npm(args: readonly string[]): number {
  console.log(`\n> ${args[0] ?? ''}`);
  return (
    spawnSync('npm', ['run', '-s', ...args], { stdio: ['ignore', args.length > 1 ? 'ignore' : 'inherit', 'inherit'] })
      .status ?? 1
  );
}

function read(file: string): JestResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestResult;
  } catch {
    // The runner died before it could report.
    return undefined;
  }
}
