import { systemClock } from '../../base/clock.ts';
import { whoCan } from '../../gates/who-can.ts';
import type { ProcedureName } from '../../runbook/schema/runbook.ts';
import { whoCanText } from '../../views/who-can-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { procedureOption, resolveProcedures } from '../procedures.ts';
import type { Verb } from '../verb.ts';
import { openRunbook } from '../wire.ts';

interface WhoCanOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly procedure?: ProcedureName;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site whose runbook is read')
    .addOption(procedureOption())
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
  const at = systemClock.nowIso();
  const tables = (await resolveProcedures(loaded, options.procedure)).map((plan) => whoCan(plan, at));
  return {
    text: whoCanText(tables, { width: io.width, style: io.style }),
    json: { site: options.site, at, procedures: tables },
  };
}
