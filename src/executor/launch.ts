import { DrpError } from '../base/errors.ts';
import type { EvidenceItem, Json } from '../events/event.ts';
import { anchorText } from '../journal/export.ts';
import { outsideTarget } from '../plan/isolation.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import type { Progress, RunFacts, StepContext } from '../steps/step-kind.ts';
import type { ContactWatch } from './contact.ts';
import { kindOf, stepOf, type Driving } from './driving.ts';
import type { EffectResult } from './effect-result.ts';
import { evidenceEffect, stepEffect, stopEffect } from './effects.ts';
import { runFacts } from './facts.ts';
import { tokenOf, type Wanted } from './fold.ts';
import { followLostTail, lostJobs, mayLackItsEnd } from './lost-tail.ts';
import { notedProgress } from './noted-progress.ts';
import { attestedLater } from './on-paper.ts';
import { preflightEvidence } from './preflight-evidence.ts';
import { keepWitnesses } from './witnesses.ts';

/** Lets one effect loose, or attaches to it. Rejects only when its signal aborts. */
export async function launchEffect(driving: Driving, effect: Wanted, signal: AbortSignal): Promise<EffectResult> {
  switch (effect.source) {
    case 'step':
      return await launchStep(driving, effect, signal);
    case 'evidence':
      return { kind: 'evidence', items: await gatherEvidence(driving, effect.subject ?? '', signal) };
    case 'stop': {
      const { log } = driving;
      const known = [...(nothingBegan(driving) ? [] : log.run.unsettled)]
        .filter(([, step]) => effect.subject === undefined || step === effect.subject)
        .map(([key, step]) => ({ step, token: tokenOf(log.run, log.began.run, key) }));
      const lost = await lostJobs(driving, effect.subject, signal);
      const unlisted = lost.running.filter(({ token }) => !known.some((one) => one.token === token));
      const targets = [...known, ...unlisted].map(({ step: id, token }) => {
        const step = stepOf(log, id);
        const key = token.slice(log.began.run.length + 1);
        return { kind: kindOf(driving, step), step, context: { ...contextFor(driving, { step, key, signal }), token } };
      });
      return await stopEffect(targets, lost.unknown);
    }
  }
}

/**
 * No step of this run was ever let loose, whatever was about to be: the site's claim comes before each of them, and on record
 * before the first. So where no claim is on record there is nothing to stop, and nobody has to be asked who holds the site (asking
 * in the name of a run that does not hold it would only be refused). A step whose claim is being taken right now looks at its
 * signal once more behind it, and by then it was called off. Not so of a record that may lack its end.
 */
export function nothingBegan({ log }: Pick<Driving, 'log'>): boolean {
  return !mayLackItsEnd({ log }) && !log.events.some(({ type }) => type === 'claim.taken');
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
  const [ahead, seen] = await Promise.all([preflightEvidence(driving, gateId, signal), evidenceEffect(gate, covered)]);
  const items = [...ahead, ...(gateId === 'unserved' ? seen.map(asNote) : seen)];
  // Before the statement is rendered: its digest and its signatures stand over what is kept.
  return driving.redaction.data(items as unknown as Json) as unknown as readonly EvidenceItem[];
}

/**
 * Begins what gates to come will take long to read; nothing waits for it, and what goes wrong is met again by the gate that
 * asks for it. Not where the work is done on paper, nor where the run may park.
 */
export function readAhead(driving: Driving): void {
  const { log, options } = driving;
  if (options.whenOnlyPeople !== 'listen' || options.onPaper === true || log.run.onPaper) return;
  for (const step of stepsOf(log.plan)) {
    if (step.kind === 'gate') continue;
    const kind = kindOf(driving, step);
    if (kind.readAhead === undefined) continue;
    const context = contextFor(driving, { step, key: `ahead.${step.id}`, signal: options.signal });
    void kind.readAhead(step.spec as never, context).catch(() => undefined);
  }
}

/** Closes what steps of a run that is left kept open for those that will not come. Best effort, until the signal aborts. */
export async function leaveOpen(driving: Driving, signal: AbortSignal): Promise<void> {
  const { log } = driving;
  if (log.began.data.mode === 'dry-run' || log.run.onPaper) return;
  const begun = new Set(log.events.flatMap((event) => (event.type === 'effect.started' ? [event.data.id] : [])));
  await Promise.allSettled(
    stepsOf(log.plan).map(async (step) => {
      if (step.kind === 'gate' || !begun.has(step.id)) return;
      const context = contextFor(driving, { step, key: `leave.${step.id}`, signal });
      await kindOf(driving, step).leave?.(step.spec as never, context);
    }),
  );
}

/** Ending unserved is signed just because a side is not fit: what is red elsewhere is shown here, and stops nobody. */
function asNote(item: EvidenceItem): EvidenceItem {
  const { overridable: _, ...rest } = item;
  return item.severity === 'red' ? { ...rest, severity: 'attention' } : item;
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
  const { mode } = driving.log.began.data;
  if (mode !== 'dry-run' && driving.log.run.onPaper) return attestedLater(driving.log.began.run, step);
  const kind = kindOf(driving, step);
  const watch: ContactWatch = {
    clock: driving.deps.clock,
    signal,
    mayHaveBegun: driving.inherited.has(effect.key),
    onContact: (state, reason) => {
      driving.options.onUpdate({ kind: 'contact', step: step.id, state, reason: driving.redaction.text(reason) });
    },
  };
  const doubt = await followLostTail(driving, { key: effect.key, step, kind }, watch);
  if (doubt !== undefined) return doubt;
  const found = driving.log.run.tokens.has(effect.key);
  return await stepEffect(kind, step, {
    context: contextFor(driving, { step, key: effect.key, signal }),
    prepare: async () => {
      if (mode === 'drill') refuseOutside(step, driving.log.plan);
      if (mode !== 'dry-run') await driving.claims.ensure(step.hosts, signal);
      // Whatever changes something: the record of why must not lie on one machine alone.
      if (mode !== 'dry-run' && (!step.idempotent || step.writes.length > 0)) await keepWitnesses(driving, signal);
    },
    watch: { ...watch, mayHaveBegun: watch.mayHaveBegun || found },
  });
}

/** The proof has looked already; what a drill must never do is looked at again where it would be done. */
function refuseOutside(step: PlannedStep, plan: Plan): void {
  const [outside] = outsideTarget(step, plan);
  if (outside !== undefined) throw new DrpError('drill-refused', { site: plan.site, what: outside });
}

function contextFor(
  driving: Driving,
  effect: { readonly step: PlannedStep; readonly key: string; readonly signal: AbortSignal },
): StepContext {
  const { deps, log, reach } = driving;
  const { mode } = log.began.data;
  const known = log.events.length;
  let facts: RunFacts | undefined;
  return {
    plan: log.plan,
    world: log.plan.world,
    run: { id: log.began.run, site: log.plan.site, mode },
    token: tokenOf(log.run, log.began.run, effect.key),
    attempt: log.run.tries.get(effect.step.id) ?? 1,
    anchor: anchorText(log.began.run, log.head),
    // Most steps never ask, and the record is long: read as of now, when somebody does.
    get facts() {
      facts ??= runFacts(log.events.slice(0, known), driving.activation);
      return facts;
    },
    clock: deps.clock,
    signal: effect.signal,
    hosts: reach.hosts,
    surveys: driving.surveys,
    jobs: reach.jobs,
    providers: deps.providers,
    ...(mode === 'dry-run' ? {} : { claim: driving.claims.check }),
    secret: reach.secret,
    redaction: driving.redaction,
    report: progressReporter(driving, effect.step.id, effect.key),
  };
}

/** Shows every report, and notes those that tell something: estimates of later runs rest on them. */
function progressReporter(driving: Driving, step: string, key: string): (progress: Progress) => void {
  const isWorthNoting = notedProgress(driving.deps.clock.nowMs());
  return (reported) => {
    const progress = { ...reported, text: driving.redaction.text(reported.text) };
    driving.options.onUpdate({ kind: 'progress', step, progress });
    if (!isWorthNoting(progress, driving.deps.clock.nowMs())) return;
    const { text } = progress;
    const doneBytes = Math.round(progress.doneBytes);
    const totalBytes = Math.round(progress.totalBytes);
    const data = { step, key, doneBytes, totalBytes, text };
    driving.inbox.put({ kind: 'progress', draft: { type: 'step.progressed', by: 'drp', data } });
  };
}
