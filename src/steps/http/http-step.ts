import { formatDuration } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { EvidenceItem } from '../../events/event.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import type { WebReply } from '../../providers/web/request-at.ts';
import { requestAt } from '../../providers/web/request-at.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import type { HttpSpec } from './expectations.ts';
import { isReference, judgeAnswer, resolveExpectations } from './expectations.ts';
import type { Target } from './targets.ts';
import { findTargets, urlOf, zoneOfUrl } from './targets.ts';

/** A certificate that ends sooner than this is pointed at. */
const certificateSoonMs = 14 * 86_400_000;
const firstWaitMs = 500;
const maxWaitMs = 5_000;

/** One look: what was seen, and what of it is not as expected (empty: healthy). */
interface Look {
  readonly wrong: readonly string[];
  readonly lines: readonly string[];
}

/**
 * Asks the service as a user would, at an address that is known: a pinned side, or where the zone's own name servers send
 * users. Reads only. A stale copy that answers 200 is not healthy: content and counts are compared with what was restored.
 */
export function httpStep(): StepKind<'http'> {
  return {
    kind: 'http',
    describe,
    evidence: async (step, spec, context) => [await evidence(step, spec, context)],
    // It only reads: looking again is all there is.
    probe: () => Promise.resolve('absent'),
    run,
    verify: async (step, spec, context) => {
      const look = await lookOnce(spec, context);
      if (look.wrong.length === 0) return look.lines;
      throw new DrpError('postcondition-failed', { step: step.id, reason: look.wrong.join('; ') });
    },
  };
}

function describe(spec: HttpSpec, world: PlannedWorld): StepDescription {
  if (spec.against === 'dns') zoneOfUrl(spec, world);
  const unknown = Object.values(spec.json).find(
    (value) => isReference(value) && !/^(>=)?\$(rows:.+|newest(:.+)?|release|site)$/.test(String(value)),
  );
  if (unknown !== undefined) {
    throw new DrpError('step-invalid', {
      step: spec.id,
      reason: `'${String(unknown)}' names nothing that a restoration says`,
    });
  }
  const where =
    spec.against === 'dns'
      ? `where the name servers send users${spec.expectSide === undefined ? '' : ` (must be ${spec.expectSide})`}`
      : `${spec.against} at ${world.service[spec.against].address}`;
  const values = Object.entries(spec.json).map(([path, value]) => `${path} = ${String(value)}`);
  const expects = [`status ${String(spec.status)}`, ...spec.contains.map((text) => `'${text}'`), ...values];
  return {
    title: spec.title ?? `check ${urlOf(spec, world)} at ${spec.against === 'dns' ? 'the name' : spec.against}`,
    hosts: [],
    reads: spec.against === 'dns' ? [`dns:${new URL(urlOf(spec, world)).hostname}`] : [`service:${spec.against}`],
    writes: [],
    commands: [`GET ${urlOf(spec, world)} from ${where}`],
    verifies: `${expects.join(', ')} within ${formatDuration(spec.within)}${spec.certificate ? ', certificate valid' : ''}`,
    irreversible: false,
    idempotent: true,
  };
}

async function run(step: PlannedStep, spec: HttpSpec, context: StepContext): Promise<StepOutcome> {
  const endMs = context.clock.nowMs() + spec.patience;
  let waitMs = firstWaitMs;
  for (let looks = 1; ; looks += 1) {
    const look = await lookOnce(spec, context);
    if (look.wrong.length === 0) {
      const tries = looks === 1 ? [] : [`healthy at look ${String(looks)}`];
      return { kind: 'done', output: { looks, seen: look.lines }, lines: [...look.lines, ...tries] };
    }
    const leftMs = endMs - context.clock.nowMs();
    if (leftMs <= 0) {
      const reason = `after ${formatDuration(spec.patience)}: ${[...look.wrong, ...look.lines].join('; ')}`;
      return { kind: 'failed', error: new DrpError('postcondition-failed', { step: step.id, reason }) };
    }
    const text = `not yet: ${look.wrong.join('; ')}`;
    context.report({ doneBytes: 0, totalBytes: 0, text, lastOutputAt: context.clock.nowIso() });
    await context.clock.sleep(Math.min(waitMs, leftMs), context.signal);
    waitMs = Math.min(waitMs * 2, maxWaitMs);
  }
}

async function evidence(step: PlannedStep, spec: HttpSpec, context: StepContext): Promise<EvidenceItem> {
  const head = { id: `http:${step.id}`, title: step.title };
  if (context.run.mode === 'dry-run') {
    return { ...head, severity: 'ok', lines: ['cannot be simulated: nothing was restored that could be looked at'] };
  }
  const look = await lookOnce(spec, context);
  const healthy = look.wrong.length === 0;
  return {
    ...head,
    severity: healthy ? 'ok' : 'red',
    lines: [...look.wrong, ...look.lines],
  };
}

async function lookOnce(spec: HttpSpec, context: StepContext): Promise<Look> {
  const resolved = resolveExpectations(spec, context.plan, context.facts);
  if (resolved.kind === 'unknown') {
    return { wrong: [`no restoration of this run has said ${resolved.missing.join(', ')}`], lines: [] };
  }
  const found = await findTargets(spec, context);
  if (found.kind === 'wrong') return { wrong: found.reasons, lines: [] };
  const looks = await Promise.all(
    found.targets.map(async (target): Promise<Look> => {
      const reply = await ask(spec, target, context);
      const who = `${target.address} (${target.why})`;
      const wrong = judgeAnswer(spec, reply, resolved.expectations).map((reason) => `${who}: ${reason}`);
      return { wrong, lines: seenLines(who, reply, context.clock.nowMs()) };
    }),
  );
  return {
    wrong: looks.flatMap(({ wrong }) => wrong),
    lines: [...found.lines, ...looks.flatMap(({ lines }) => lines)],
  };
}

function ask(spec: HttpSpec, target: Target, context: StepContext): Promise<WebReply> {
  const { caFile } = context.world.service;
  return requestAt({
    url: urlOf(spec, context.world),
    address: target.address,
    ...(target.port === undefined ? {} : { port: target.port }),
    ...(caFile === undefined ? {} : { caFile }),
    checkCertificate: spec.certificate,
    timeoutMs: spec.within,
    signal: context.signal,
  });
}

function seenLines(who: string, reply: WebReply, nowMs: number): readonly string[] {
  if (reply.kind === 'failed') return [];
  // A space behind commas, so that a line of JSON breaks where a screen ends.
  const body = reply.body.replaceAll(/\s+/g, ' ').replaceAll(',"', ', "').trim().slice(0, 200);
  const lines = [`${who}: ${String(reply.status)} in ${String(reply.durationMs)} ms, ${body}`];
  const until = reply.certificateUntil;
  if (until !== undefined && Date.parse(until) - nowMs < certificateSoonMs)
    lines.push(`${who}: certificate ends ${until}`);
  return lines;
}
