import { systemClock } from '../../base/clock.ts';
import type { DrpError, Problem } from '../../base/errors.ts';
import type { History } from '../../executor/history.ts';
import { estimatesFor } from '../../executor/timings-of-site.ts';
import { planDuration } from '../../plan/critical-path.ts';
import { estimatedDuration, type Estimates } from '../../plan/estimates.ts';
import type { Plan } from '../../plan/plan.ts';
import { rehearsalHeadline } from '../../plan/rehearsal-debt.ts';
import type { ProcedureName } from '../../runbook/schema/runbook.ts';
import { printable } from '../../views/escape.ts';
import { planText } from '../../views/plan-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { procedureOption, resolveProcedures } from '../procedures.ts';
import { historyOfPlans } from '../site-history.ts';
import { stationsOf } from '../stations.ts';
import type { Verb } from '../verb.ts';
import { openRunbook } from '../wire.ts';

interface PlanOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly journal?: string;
  readonly procedure?: ProcedureName;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site whose runbook is shown')
    .addOption(procedureOption())
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      examples([
        ['drp plan --site gravelines', 'both procedures, every step and gate'],
        ['drp plan --site gravelines --procedure return', 'only the way back'],
        ['drp plan --site gravelines --json | jq .plans[].digest', 'digests that approvals will bind to'],
      ]),
    )
    .action(action((options: PlanOptions) => showPlan(io, options)));
};

async function showPlan(io: Io, options: PlanOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const signers = new Set<string>();
  const onSigners = (error: DrpError) => void signers.add(`${error.message}: no run begins without it`);
  const plans = await resolveProcedures(loaded, options.procedure, { onSigners });
  const found = [...loaded.warnings, ...[...signers].map((message): Problem => ({ message, file: loaded.file }))];
  const warnings = found.map((warning) => {
    const place = [warning.file, warning.line, warning.column].filter((part) => part !== undefined).join(':');
    return `warning: ${place}: ${printable(warning.message)}`;
  });
  const histories = await historyOfPlans(io, options.journal, plans);
  const timed = plans.map((plan, at) => {
    const history = histories[at] ?? { timings: [] };
    return { plan, history, estimates: estimatesFor(plan, history) };
  });
  return {
    text: [...timed.map((one) => textOf(io, one)), ...warnings].join('\n'),
    json: {
      plans: timed.map(({ plan, history, estimates }) => ({
        ...plan,
        stations: stationsOf(plan),
        duration: planDuration(plan),
        estimates: [...estimates.values()],
        ...(history.rehearsal === undefined ? {} : { rehearsal: history.rehearsal }),
      })),
      warnings: found,
    },
  };
}

interface Timed {
  readonly plan: Plan;
  readonly history: History;
  readonly estimates: Estimates;
}

function textOf(io: Io, { plan, history, estimates }: Timed): string {
  const { duration, p50Ms, p90Ms, sequentialMs } = estimatedDuration(plan, estimates);
  const { rehearsal } = history;
  return planText(plan, {
    stations: stationsOf(plan),
    critical: { steps: duration.criticalPath, ms: p50Ms, lateMs: p90Ms, sequentialMs },
    estimates,
    ...(rehearsal === undefined ? {} : { rehearsal: [rehearsalHeadline(rehearsal, systemClock.nowMs())] }),
    width: io.width,
    style: io.style,
  });
}
