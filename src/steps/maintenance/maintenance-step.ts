import { waitFor } from '../../base/clock.ts';
import { DrpError, toError } from '../../base/errors.ts';
import type { EvidenceItem } from '../../events/event.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { quote } from '../../transports/quote.ts';
import type { Argv } from '../../transports/transport.ts';
import { absolutePath } from '../remote/host-path.ts';
import { isOutOfReach } from '../remote/reachability.ts';
import { callHost, lastWords, shellArgv } from '../remote/read-host.ts';
import { seenFromOutside, type Sight } from '../remote/seen-from-outside.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';

type Spec = SpecOf<'maintenance'>;

/** A web server needs a moment to see its flag or to read its configuration again. */
const settleMs = 15_000;
const lookEveryMs = 500;
const commandTimeoutMs = 60_000;

const flagOn = 'mkdir -p "${1%/*}" && : >"$1" && sync "$1"';
const flagOff = 'rm -f "$1"';

/** Puts a side into maintenance or takes it out, and looks from outside whether users see it. Safe to repeat. */
export const maintenanceStep: StepKind<'maintenance'> = {
  kind: 'maintenance',
  describe,
  evidence: async (_step, spec, context) => [await evidence(spec, context)],
  precheck: async (_step, spec, context) => {
    if (spec.ifUnreachable === 'oblige') return;
    await callHost(context, context.world.service[spec.side].host, { argv: ['true'], timeoutMs: commandTimeoutMs });
  },
  // A short act that may be repeated: doing it again is how one finds out.
  probe: () => Promise.resolve('absent'),
  run,
  verify: async (step, spec, context) => {
    const sight = await seenFromOutside(context, spec.side);
    if (isWanted(spec, sight)) return [sight.text];
    throw new DrpError('postcondition-failed', { step: step.id, reason: sight.text });
  },
};

function describe(spec: Spec, world: PlannedWorld): StepDescription {
  const { host, address } = world.service[spec.side];
  const other = spec.state === 'on' ? 'off' : 'on';
  return {
    title: spec.title ?? `${spec.side} maintenance ${spec.state}`,
    hosts: [host],
    reads: [],
    writes: [`service:${spec.side}`],
    commands: commandsOf(spec, spec.state, world).map((command) => command.words),
    verifies:
      spec.state === 'on'
        ? `${address} answers 503 with Retry-After, or nothing at all, to who asks for ${world.service.name}`
        : `${address} serves ${world.service.name}`,
    undo: commandsOf(spec, other, world)
      .map((command) => command.words)
      .join(' && '),
    irreversible: false,
    idempotent: true,
  };
}

interface Command {
  readonly argv: Argv;
  readonly words: string;
}

function commandsOf(spec: Spec, state: 'on' | 'off', world: PlannedWorld): readonly Command[] {
  const { host } = world.service[spec.side];
  const commands: Command[] = [];
  if (spec.flag !== undefined) {
    const flag = absolutePath(world, host, spec.flag);
    const words = quote(state === 'on' ? ['touch', flag] : ['rm', '-f', flag]);
    commands.push({ argv: shellArgv(state === 'on' ? flagOn : flagOff, [flag]), words });
  }
  for (const argv of [spec[state], spec.reload]) {
    const [program, ...args] = argv ?? [];
    if (program !== undefined) commands.push({ argv: [program, ...args], words: quote([program, ...args]) });
  }
  return commands;
}

async function run(step: PlannedStep, spec: Spec, context: StepContext): Promise<StepOutcome> {
  const { host } = context.world.service[spec.side];
  const claim = context.claim === undefined ? {} : { claim: context.claim };
  const commands = commandsOf(spec, spec.state, context.world);
  if (commands.length === 0) {
    const reason = `neither a flag nor a command for '${spec.state}' is given`;
    return { kind: 'failed', error: new DrpError('step-failed', { step: step.id, reason }) };
  }
  try {
    for (const { argv, words } of commands) {
      const result = await callHost(context, host, { argv, timeoutMs: commandTimeoutMs, ...claim });
      if (result.exitCode !== 0) {
        const reason = `'${words}' ended with ${result.exitCode}: ${lastWords(result.stderr)}`;
        return { kind: 'failed', error: new DrpError('step-failed', { step: step.id, reason }) };
      }
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (!isOutOfReach(thrown) || spec.ifUnreachable === 'refuse') throw thrown;
    return outOfReach(spec, context, toError(thrown));
  }
  return look(step, spec, context);
}

async function look(step: PlannedStep, spec: Spec, context: StepContext): Promise<StepOutcome> {
  let last: Sight | undefined;
  const result = await waitFor(
    async () => {
      last = await seenFromOutside(context, spec.side);
      return isWanted(spec, last) ? last : undefined;
    },
    { everyMs: lookEveryMs, timeoutMs: settleMs, clock: context.clock, signal: context.signal },
  );
  if (result.kind === 'timed-out') {
    const reason = `asked from outside, ${last?.text ?? 'it was not seen'}`;
    return { kind: 'failed', error: new DrpError('postcondition-failed', { step: step.id, reason }) };
  }
  const sight = result.value;
  const missing =
    sight.kind === 'maintenance' && !sight.retryAfter
      ? ['it tells users to wait, but not for how long (Retry-After)']
      : [];
  return {
    kind: 'done',
    output: { side: spec.side, state: spec.state, seen: sight.kind, at: context.clock.nowIso() },
    lines: [sight.text, ...missing],
  };
}

/** Off means that users are served; on means that nobody is: a side that is silent serves nobody either. */
function isWanted(spec: Spec, sight: Sight): boolean {
  return spec.state === 'off' ? sight.kind === 'serves' : sight.kind === 'maintenance' || sight.kind === 'silent';
}

async function outOfReach(spec: Spec, context: StepContext, error: Error): Promise<StepOutcome> {
  const sight = await seenFromOutside(context, spec.side);
  const text = `maintenance of ${spec.side} was not turned ${spec.state}: ${error.message}; ${sight.text}`;
  return {
    kind: 'done',
    output: { side: spec.side, state: 'unknown', seen: sight.kind, at: context.clock.nowIso() },
    lines: [text],
    obligations: [{ kind: spec.side === 'production' && spec.state === 'on' ? 'fencing' : 'other', text }],
  };
}

async function evidence(spec: Spec, context: StepContext): Promise<EvidenceItem> {
  const sight = await seenFromOutside(context, spec.side);
  return {
    id: `side:${spec.side}`,
    title: `${spec.side} as users see it now`,
    severity: severityOf(spec, sight),
    lines: [sight.text, `then: maintenance ${spec.state}`],
    facts: { seen: sight.kind },
  };
}

/**
 * Users must not be sent where nobody answers. A side that only a flag opens stays as silent as it is; one with a command
 * of its own for `off` may have been stopped for its maintenance, and a person judges.
 */
function severityOf(spec: Spec, sight: Sight): EvidenceItem['severity'] {
  if (spec.state === 'on' || sight.kind === 'serves' || sight.kind === 'maintenance') return 'ok';
  return sight.kind === 'silent' && spec.off === undefined ? 'red' : 'attention';
}
