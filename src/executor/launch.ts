import { DrpError } from '../base/errors.ts';
import type { EvidenceItem, Json } from '../events/event.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { Progress, StepContext, StepKind } from '../steps/step-kind.ts';
import { stepOf, type Driving } from './driving.ts';
import type { EffectResult } from './effect-result.ts';
import { evidenceEffect, stepEffect, stopEffect } from './effects.ts';
import { runFacts } from './facts.ts';
import type { Wanted } from './fold.ts';

/** Progress goes to the journal at most this often, so that `status` elsewhere can tell, ms. */
const progressEveryMs = 10_000;

/** Lets one effect loose, or attaches to it. Rejects only when its signal aborts. */
export async function launchEffect(driving: Driving, effect: Wanted, signal: AbortSignal): Promise<EffectResult> {
  switch (effect.source) {
    case 'step':
      return await launchStep(driving, effect, signal);
    case 'evidence':
      return { kind: 'evidence', items: await gatherEvidence(driving, effect.subject ?? '', signal) };
    case 'stop': {
      const targets = [...driving.log.run.unsettled]
        .filter(([, step]) => effect.subject === undefined || step === effect.subject)
        .map(([key, id]) => {
          const step = stepOf(driving.log, id);
          return { kind: kindOf(driving, step), step, context: contextFor(driving, { step, key, signal }) };
        });
      return await stopEffect(targets);
    }
  }
}

/** The evidence a gate shows now; read-only. Also asked again when somebody approves. */
export async function gatherEvidence(driving: Driving, gateId: string, signal: AbortSignal) {
  const { plan } = driving.log;
  const gate = plan.gates[gateId];
  if (gate === undefined) throw new DrpError('internal', { what: `gate ${gateId} is not in the plan` });
  const covered = gate.covers
    .map((id) => stepOf(driving.log, id))
    .filter((step) => step.kind !== 'gate')
    .map((step) => ({
      kind: kindOf(driving, step),
      step,
      context: contextFor(driving, { step, key: `evidence.${gateId}`, signal }),
    }));
  // Before the statement is rendered: its digest and its signatures stand over what is kept.
  return driving.redaction.data(
    (await evidenceEffect(gate, covered)) as unknown as Json,
  ) as unknown as readonly EvidenceItem[];
}

/** Reads a step's postcondition for somebody who says it is done. Throws postcondition-failed. */
export async function verifyStep(driving: Driving, id: string, signal: AbortSignal): Promise<readonly string[]> {
  const step = stepOf(driving.log, id);
  const kind = kindOf(driving, step);
  const context = contextFor(driving, { step, key: `verify.${id}`, signal });
  return (await kind.verify?.(step, step.spec as never, context)) ?? [];
}

async function launchStep(driving: Driving, effect: Wanted, signal: AbortSignal): Promise<EffectResult> {
  const step = stepOf(driving.log, effect.id);
  const real = driving.log.began.data.mode === 'real';
  return await stepEffect(kindOf(driving, step), step, {
    context: contextFor(driving, { step, key: effect.key, signal }),
    prepare: async () => {
      if (real) await driving.claims.ensure(step.hosts, signal);
    },
    watch: {
      clock: driving.deps.clock,
      signal,
      mayHaveBegun: driving.inherited.has(effect.key),
      onContact: (state, reason) => {
        driving.options.onUpdate({ kind: 'contact', step: step.id, state, reason: driving.redaction.text(reason) });
      },
    },
  });
}

function contextFor(
  driving: Driving,
  effect: { readonly step: PlannedStep; readonly key: string; readonly signal: AbortSignal },
): StepContext {
  const { deps, log, reach } = driving;
  const { mode } = log.began.data;
  return {
    plan: log.plan,
    world: log.plan.world,
    run: { id: log.began.run, site: log.plan.site, mode },
    token: `${log.began.run}.${effect.key}`,
    attempt: log.run.tries.get(effect.step.id) ?? 1,
    facts: runFacts(log.events, driving.activation),
    clock: deps.clock,
    signal: effect.signal,
    hosts: reach.hosts,
    jobs: reach.jobs,
    providers: deps.providers,
    ...(mode === 'real' ? { claim: driving.claims.check } : {}),
    secret: deps.secret,
    redaction: driving.redaction,
    report: progressReporter(driving, effect.step.id, effect.key),
  };
}

function progressReporter(driving: Driving, step: string, key: string): (progress: Progress) => void {
  let notedMs = driving.deps.clock.nowMs() - progressEveryMs + 2_000;
  return (reported) => {
    const progress = { ...reported, text: driving.redaction.text(reported.text) };
    driving.options.onUpdate({ kind: 'progress', step, progress });
    const now = driving.deps.clock.nowMs();
    if (now - notedMs < progressEveryMs) return;
    notedMs = now;
    const { text } = progress;
    const doneBytes = Math.round(progress.doneBytes);
    const totalBytes = Math.round(progress.totalBytes);
    const data = { step, key, doneBytes, totalBytes, text };
    driving.inbox.put({ kind: 'progress', draft: { type: 'step.progressed', by: 'drp', data } });
  };
}

function kindOf(driving: Driving, step: PlannedStep): StepKind {
  const kind = step.kind === 'gate' ? undefined : driving.deps.kinds.get(step.kind);
  if (kind === undefined) throw new DrpError('internal', { what: `no such kind of step: ${step.kind}` });
  return kind;
}
