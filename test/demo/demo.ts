/**
 * The main job in a practice lab: production burns, the recovery site takes over. On a terminal you are the operator; else
 * (or with --json) operator and authoriser are played through the documented commands.
 *
 * Usage: npm run demo [-- --json] [-- --keep]
 */
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '../../src/base/duration.ts';
import { lossesText } from '../../src/views/losses.ts';
import type { RunSummary } from '../../src/views/run-summary.ts';
import { plainStyle } from '../../src/views/style.ts';
import { queryServer } from '../lab/dns-query.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { drp, drpOnTerminal, typed } from './drp.ts';
import { freeNet } from './free-net.ts';
import { currentRun, playPeople, runOf, type Stage } from './operator.ts';
import { readServed } from './served.ts';

const json = process.argv.includes('--json');
const keep = process.argv.includes('--keep');
const played = json || !process.stdin.isTTY || !process.stderr.isTTY;
const bin = fileURLToPath(new URL('../../bin', import.meta.url));
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function main(): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), 'drp-'));
  chmodSync(place, 0o755); // as root, the lab's services run as other users and must pass through
  const dir = join(place, 'lab');
  say('The practice lab comes up: two sites, two backup servers, name servers,\ntickets (about 20 s) …');
  const lab = await startLab({ dir, net: await freeNet(), ttlSeconds: 15, stays: keep, log: () => undefined });
  try {
    return await perform(lab);
  } finally {
    if (keep) say(`\nThe lab stays: npm run lab -- down --dir ${dir} --net ${lab.facts.net}`);
    else {
      await lab.down();
      rmdirSync(place);
    }
  }
}

async function perform(lab: Lab): Promise<number> {
  const { facts } = lab;
  const journal = join(facts.dir, 'journal', 'journal.sqlite');
  const env = { ...process.env, DRP_RUNBOOKS: join(facts.dir, 'runbooks'), DRP_JOURNAL: `sqlite:${journal}` };
  const stage: Stage = { facts, env, say };
  const before = await dnsValue(lab);
  await lab.fault('site-down', 'limburg');
  say(`Limburg burns: production and the backup server beside it are gone.\nwww.kyc.test still points to ${before}.`);
  const args = ['activate', '--site', 'gravelines'];
  const situation = [
    '--what',
    'fire in Limburg',
    '--since',
    'now',
    '--lost',
    'limburg',
    '--ordered-by',
    'anne',
    '--ordered-how',
    'ticket and call',
  ];
  let exitCode: number;
  let run: string;
  if (played) {
    say('No terminal: operator (otto) and authoriser (anne) are played through the commands you would type.');
    ({ exitCode, run } = await playPeople(stage, [...args, ...situation]));
  } else {
    say(`\nYou are the operator, otto. The authoriser, anne, signs in a second terminal;\nthere, type first:\n`);
    say(`  ${exportLine(env)}`);
    say(`\nthen what each gate asks for, with her key:\n  --person anne --key ${facts.people.anne.keyFile}\n`);
    exitCode = await drpOnTerminal(args, env);
    const begun = await runOf(stage);
    if (begun === undefined) {
      say(`\nNo run was begun (exit ${String(exitCode)}).`);
      return exitCode;
    }
    run = begun.run;
  }
  if (exitCode !== 0) {
    const next = keep ? `It goes on with: ${typed(['resume', '--run', run])}` : keeping;
    say(`\nThe run did not complete (exit ${String(exitCode)}).\n${next}`);
    return exitCode;
  }
  return await conclude(lab, stage, { run, before });
}

/** Lines of at most 80 columns: a terminal itself would break words. */
const keeping = 'Its lab goes now. To have it left standing: npm run demo -- --keep';

/** What a shell needs before it types the commands that the demo and its gates name. */
function exportLine({ DRP_RUNBOOKS, DRP_JOURNAL }: NodeJS.ProcessEnv): string {
  return `export PATH=${bin}:$PATH DRP_RUNBOOKS=${DRP_RUNBOOKS ?? ''} DRP_JOURNAL=${DRP_JOURNAL ?? ''}`;
}

async function conclude(
  lab: Lab,
  stage: Stage,
  run: { readonly run: string; readonly before: string },
): Promise<number> {
  const summary = await currentRun(stage, run.run);
  const verified = await drp(
    ['audit', 'verify', '--run', run.run, '--json', '--allowed-signers', lab.facts.allowedSigners],
    stage.env,
  );
  const audit = verified.exitCode === 0 ? 'verified' : 'broken';
  const after = await dnsValue(lab);
  const served = await readServed(lab.facts);
  const rtoMs = Date.parse(servedAt(summary)) - Date.parse(summary.situation?.sinceAt ?? summary.beganAt);
  const loss = { filesMs: summary.losses.filesMs ?? null, databaseMs: summary.losses.databaseMs ?? null };
  // The record of this run goes with its lab: commands with its name would find nothing.
  const named = keep ? run.run : 'RUN';
  say(`
What changed
  DNS          ${run.before} → ${after}
  serves now   ${served.site}: ${String(served.orders)} orders, newest ${served.newest}
  loss         ${lossesText(summary.losses, plainStyle, summary.lossLimits).replaceAll(', ', `\n${' '.repeat(15)}`)}
  time         ${formatDuration(rtoMs)} since the fire; the objective is ${formatDuration(summary.rtoMs)}
  record       ${audit}

${keep ? `Look at it; type first:\n  ${exportLine(stage.env)}` : `${keeping}\nThen look at its run:`}
  ${typed(['audit', 'show', '--run', named])}
  ${typed(['report', named, '--output', 'report.html'])}
  ${typed(['audit', 'verify', '--run', named])}
  ${typed(['obligation', 'list'])}`);
  const dns = { before: run.before, after };
  const answer = { run: run.run, outcome: summary.outcome, dns, servedBy: served.site, rtoMs, loss, audit };
  if (json) process.stdout.write(`${JSON.stringify(answer)}\n`);
  return audit === 'verified' && summary.outcome === 'completed' ? 0 : 1;
}

/** When a probe through the new DNS was green: the end of the recovery time. */
function servedAt(summary: RunSummary): string {
  const confirmation = summary.phases
    .find((phase) => phase.name === 'confirmation')
    ?.steps.find((step) => step.kind === 'http');
  return confirmation?.endedAt ?? summary.endedAt ?? summary.lastAt;
}

async function dnsValue(lab: Lab): Promise<string> {
  const { dns } = lab.facts;
  const [server] = dns?.servers ?? [];
  if (dns === undefined || server === undefined) throw new Error('the lab has no name server');
  const answer = await queryServer(server, { name: dns.name, type: 'A' });
  return answer.answers.map((record) => record.value).join(', ') || 'nothing';
}

process.exitCode = await main();
