import { stoppingStates } from '../../machines/expand.ts';

/** What happened, as an operator would tell it; '' for what nobody would mention. */
export function sentenceOf(event: { readonly type: string; readonly [key: string]: unknown }): string {
  const { type } = event;
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(type) ?? [];
  if (actor !== undefined) return actorSentence(actor, outcome === 'done', event['error']);
  if (type.startsWith('xstate.after.')) return `${/([^.]+)\.backoff$/.exec(type)?.[1] ?? 'a step'} is tried again`;
  if (type === 'abort') return 'operator aborts';
  if (type === 'preempt') return 'a real run takes the site';
  const dot = type.lastIndexOf('.');
  return personSentence(type.slice(0, dot), type.slice(dot + 1));
}

function actorSentence(actor: string, done: boolean, error: unknown): string {
  const [kind, subject] = actor.includes(':') ? actor.split(':') : ['step', actor];
  if (kind === 'evidence') return done ? '' : `evidence for gate ${subject ?? ''} could not be gathered`;
  if (kind === 'stop') {
    const what = stoppingStates.has(subject ?? '') ? 'what still runs' : (subject ?? '');
    return done ? `${what} has been stopped` : `${what} could not be stopped`;
  }
  if (done) return `${actor} succeeded`;
  const doubt = typeof error === 'object' && error !== null && 'kind' in error && error.kind === 'in-doubt';
  return doubt ? `${actor} is in doubt` : `${actor} failed`;
}

function personSentence(subject: string, verb: string): string {
  switch (verb) {
    case 'approve':
      return `gate ${subject} approved`;
    case 'reject':
      return `gate ${subject} rejected`;
    case 'renew':
      return `gate ${subject} asked anew`;
    case 'choose':
      return `another backup is chosen at gate ${subject}`;
    case 'retry':
      return `operator retries ${subject}`;
    case 'skip':
      return `operator skips ${subject}`;
    case 'mark-done':
      return `operator marks ${subject} done`;
    case 'cancel':
      return `operator stops ${subject}`;
    case 'stopped':
      return `operator attests that ${stoppingStates.has(subject) ? 'nothing of the run' : `nothing of ${subject}`} runs any more`;
    case 'switch-back':
      return `operator asks to switch back in ${subject}`;
    case 'hold':
      return 'operator calls the switch back off';
    case 'reopen':
      return 'operator has the side reopened that users came from';
    default:
      return `${subject}: ${verb}`;
  }
}
