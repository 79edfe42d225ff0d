import { Option } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { isDrpError } from '../../base/errors.ts';
import { whoCan, type MayTable } from '../../gates/who-can.ts';
import { whoCanText } from '../../views/who-can-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import type { Verb } from '../verb.ts';
import { openRunbook, resolveProcedure } from '../wire.ts';

interface WhoCanOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly procedure?: 'activation' | 'return';
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site whose runbook is read')
    .addOption(new Option('--procedure <name>', 'one procedure only').choices(['activation', 'return']))
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      examples([
        ['drp who-can --site gravelines', 'gate by person, before the fire'],
        ['drp who-can --site gravelines --json', 'the same, with every reason'],
      ]),
    )
    .action(action((options: WhoCanOptions) => show(io, options)));
};

async function show(io: Io, options: WhoCanOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const procedures = options.procedure === undefined ? (['activation', 'return'] as const) : [options.procedure];
  const at = systemClock.nowIso();
  const tables: MayTable[] = [];
  for (const procedure of procedures) {
    try {
      tables.push(whoCan(await resolveProcedure(loaded, procedure), at));
    } catch (error) {
      // A runbook may leave a procedure out; asked for by name that is an error.
      if (options.procedure !== undefined || !isDrpError(error, 'procedure-not-filled')) throw error;
    }
  }
  return { text: whoCanText(tables, io.width), json: { site: options.site, at, procedures: tables } };
}
