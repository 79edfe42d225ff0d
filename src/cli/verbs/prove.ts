import { pointsOfNoReturn } from '../../proof/no-return.ts';
import { lawText, proofDigest, provePlan } from '../../proof/prove.ts';
import type { ProcedureName } from '../../runbook/schema/runbook.ts';
import { proofText } from '../../views/proof-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { packageVersion } from '../overview.ts';
import { procedureOption, resolveProcedures } from '../procedures.ts';
import type { Verb } from '../verb.ts';
import { openRunbook } from '../wire.ts';

interface ProveOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly procedure?: ProcedureName;
  readonly exhaustive?: boolean;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site whose runbook is proven')
    .addOption(procedureOption())
    .option('--exhaustive', 'every order of every lane; slower, the same verdict')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      examples([
        [
          'drp prove --site gravelines',
          'activation, return and drill: safe, or the shortest story of how harm is done',
        ],
        ['drp prove --site gravelines --json | jq .safe', 'for a pipeline: exit code 0 safe, 3 unsafe'],
      ]),
    )
    .action(action((options: ProveOptions) => proveSite(io, options)));
};

async function proveSite(io: Io, options: ProveOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const plans = await resolveProcedures(loaded, options.procedure);
  const proofs = plans.map((plan) => {
    const proof = provePlan(plan, { exhaustive: options.exhaustive === true });
    const breaches = proof.breaches.map((breach) => ({ ...breach, sentence: lawText(breach.law) }));
    const digest = proofDigest(proof, { plan, version: packageVersion() });
    return { ...proof, breaches, digest, points: pointsOfNoReturn(plan) };
  });
  const safe = proofs.every((proof) => proof.safe);
  return {
    text: proofText(options.site, proofs, { width: io.width, style: io.style }),
    json: { safe, procedures: proofs },
    exitCode: safe ? 0 : 3,
  };
}
