import { DrpError, isDrpError, toError } from '../../base/errors.ts';
import type { Json, ObligationDraft } from '../../events/event.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import { addressOfDesk } from '../../providers/desk/desk-web.ts';
import type { TicketMessage } from '../../providers/providers.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { Desk } from '../../runbook/schema/world.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { checkTemplate, fillTemplate } from './template.ts';

type TicketSpec = SpecOf<'ticket'>;

/** All that one desk may take, looking and sending together: a message never holds up a recovery. */
const deskMs = 25_000;

type Sent =
  | { readonly desk: string; readonly state: 'sent' | 'found'; readonly id: string; readonly note?: string }
  | { readonly desk: string; readonly state: 'unsent' | 'unknown'; readonly reason: string };

/**
 * Tells people, once a milestone and run: every desk is looked at for the message before it is sent. Never blocks: what a desk
 * does not take stays with the site as an obligation that holds the text to paste.
 */
export function ticketStep(): StepKind<'ticket'> {
  return {
    kind: 'ticket',
    describe,
    // Looked for before it is sent, under a key that never changes: asking again is safe.
    probe: () => Promise.resolve('absent'),
    run,
    verify: () => Promise.resolve(['told by hand: taken on the word of the person who marks it done']),
  };
}

function describe(spec: TicketSpec, world: PlannedWorld): StepDescription {
  checkTemplate(spec.id, spec.subject);
  checkTemplate(spec.id, spec.text);
  const missing = spec.desks.find((name) => world.desks[name] === undefined);
  if (missing !== undefined) {
    throw new DrpError('step-invalid', { step: spec.id, reason: `there is no desk '${missing}' in desks` });
  }
  for (const name of spec.desks) checkDesk(spec, name, world.desks[name]);
  return {
    title: spec.title ?? `tell ${spec.desks.join(' and ')}: ${spec.milestone}`,
    hosts: [],
    reads: [],
    writes: [],
    commands: spec.desks.map((name) => `${name} (${world.desks[name]?.kind ?? '?'}): ${spec.subject}`),
    verifies: 'each desk shows the message, or an obligation holds its text',
    irreversible: false,
    idempotent: true,
  };
}

function checkDesk(spec: TicketSpec, name: string, desk: Desk | undefined): void {
  const invalid = (reason: string): DrpError => new DrpError('step-invalid', { step: spec.id, reason });
  if (desk?.kind === 'smtp') {
    if (desk.user === undefined || desk.tlsName !== undefined) return;
    throw invalid(`desk '${name}' would send its password in the clear: give tlsName`);
  }
  if (desk !== undefined && addressOfDesk(desk) === undefined) {
    throw invalid(`desk '${name}' has a name in its url and no 'address': names are not looked up in a disaster`);
  }
}

async function run(step: PlannedStep, spec: TicketSpec, context: StepContext): Promise<StepOutcome> {
  const message = ticketMessage(spec, context);
  if (context.run.mode === 'dry-run') {
    return {
      kind: 'done',
      output: { milestone: spec.milestone, desks: {} },
      lines: [`not sent (dry run): ${message.subject}`],
    };
  }
  const results = await Promise.all(spec.desks.map((name) => tell(name, spec, { message, context })));
  const arrived = results.filter((one) => 'id' in one);
  const missing = results.filter((one) => 'reason' in one);
  const desks = Object.fromEntries(arrived.map(({ desk, id }): [string, Json] => [desk, id]));
  return {
    kind: 'done',
    output: { milestone: spec.milestone, key: message.key, desks, anchor: context.anchor ?? '' },
    lines: [
      ...arrived.map(({ desk, state, id, note }) => {
        const how = state === 'found' ? 'has it already' : 'took it';
        return `${desk} ${how} as ${id}${note === undefined ? '' : `, ${note}`}`;
      }),
      ...missing.map(({ desk, reason }) => `${desk}: ${reason}`),
    ],
    obligations: missing.map((one) => obligation(step, one, message)),
  };
}

/** The message of a ticket step as its desks would have it. Pure. */
export function ticketMessage(spec: TicketSpec, context: StepContext): TicketMessage {
  const drill = context.run.mode === 'drill';
  const subject = fillTemplate(spec.subject, context);
  // The head of the record leaves the machine with every message: it vouches for all events before it.
  const anchor = context.anchor === undefined ? '' : `\n${context.anchor}\n`;
  const text = fillTemplate(spec.text, context).trimEnd();
  return {
    subject: drill ? `EXERCISE: ${subject}` : subject,
    text: drill
      ? `This is an exercise. Nothing has happened to the service.\n\n${text}\n${anchor}`
      : `${text}\n${anchor}`,
    key: `${context.run.id}:${spec.milestone}`,
  };
}

async function tell(
  name: string,
  spec: TicketSpec,
  { message, context }: { readonly message: TicketMessage; readonly context: StepContext },
): Promise<Sent> {
  const desk = context.world.desks[name];
  if (desk === undefined) return { desk: name, state: 'unsent', reason: 'it is not in the plan' };
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(deskMs)]);
  try {
    const door = await context.providers.desk(desk, (reference) => context.secret(reference));
    const found = await door.find(message.key, signal);
    if (found !== undefined) return { desk: name, state: 'found', id: found.id };
    const answers = earlierId(name, spec, context);
    const sent = await door.send({ ...message, ...(answers === undefined ? {} : { answers }) }, signal);
    return { desk: name, state: 'sent', ...sent };
  } catch (error) {
    context.signal.throwIfAborted();
    const state = isDrpError(error, 'ticket-unknown') ? 'unknown' : 'unsent';
    return { desk: name, state, reason: toError(error).message };
  }
}

/** What this desk called the message of the milestone that is answered: of this run, else of the activation a return follows. */
function earlierId(name: string, spec: TicketSpec, context: StepContext): string | undefined {
  if (spec.follows === undefined) return undefined;
  const outputs = [context.facts.outputs, context.facts.activation?.outputs ?? {}].flatMap((all) => Object.values(all));
  for (const output of outputs) {
    if (typeof output !== 'object' || output === null || !('milestone' in output)) continue;
    const { milestone, desks } = output;
    if (milestone !== spec.follows || typeof desks !== 'object' || desks === null) continue;
    const id = (desks as Readonly<Record<string, Json>>)[name];
    if (typeof id === 'string') return id;
  }
  return undefined;
}

function obligation(
  step: PlannedStep,
  missing: Extract<Sent, { state: 'unsent' | 'unknown' }>,
  message: TicketMessage,
): ObligationDraft {
  const doubt = missing.state === 'unknown' ? ' It may have arrived: look there first.' : '';
  const head = `the message of step '${step.id}' is owed to desk '${missing.desk}' (${missing.reason}).${doubt} Paste this:`;
  return { kind: 'ticket', text: `${head}\n\n${message.subject}\n\n${message.text}` };
}
