import { Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrpError, toError } from '../../base/errors.ts';
import { sha256Hex } from '../../events/digest.ts';
import { pointsOfNoReturn } from '../../proof/no-return.ts';
import type { ProcedureName } from '../../runbook/schema/runbook.ts';
import { bookletHtml } from '../../views/booklet/booklet.ts';
import { printableLine } from '../../views/escape.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { packageVersion } from '../overview.ts';
import { stationsOf } from '../stations.ts';
import type { Verb } from '../verb.ts';
import { openRunbook, resolveProcedure } from '../wire.ts';

interface PrintOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly procedure: ProcedureName;
  readonly output?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site whose procedure is printed')
    .addOption(
      new Option('--procedure <name>', 'which one').choices(['activation', 'return', 'drill']).default('activation'),
    )
    .option('--output <file>', 'where to; stdout where not given. Nothing is overwritten')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      `
One HTML page for A4 paper: commands, hosts with keys and identity, contacts, forms to sign at each gate, DNS records,
texts of tickets, a log. Touches no network and resolves no secret. Print it again whenever the runbook changes: the
plan's digest stands on every page.
${examples([
  ['drp print --site gravelines --output gravelines.html', 'the activation on paper'],
  ['drp print --site gravelines --procedure return > return.html', 'the way back'],
  ['chromium --headless --no-pdf-header-footer --print-to-pdf=gravelines.pdf gravelines.html', 'as a PDF'],
])}`,
    )
    .action(action((options: PrintOptions) => print(io, options)));
};

async function print(io: Io, options: PrintOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const onSigners = (error: DrpError): void => {
    io.stderr.write(`warning: ${printableLine(error.message)}: a run will have another plan digest\n`);
  };
  const plan = await resolveProcedure(loaded, options.procedure, { onSigners });
  const html = bookletHtml({
    plan,
    stations: stationsOf(plan),
    points: pointsOfNoReturn(plan),
    version: packageVersion(),
  });
  const about = { site: plan.site, procedure: plan.procedure, planDigest: plan.digest, sha256: sha256Hex(html) };
  if (options.output === undefined) {
    if (io.json) return { json: { ...about, html } };
    io.stdout.write(html);
    return { json: {} };
  }
  try {
    await writeFile(resolve(io.cwd, options.output), html, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const what = `booklet ${options.output} cannot be written: ${toError(cause).message}`;
    throw new DrpError('wrong-usage', { what, command: 'print' }, { cause });
  }
  return {
    text: `${plan.procedure} of ${plan.site} (plan ${plan.digest.slice(0, 12)}) on paper: ${options.output}`,
    json: { ...about, file: options.output },
  };
}
