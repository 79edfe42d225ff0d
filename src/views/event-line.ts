import { formatSize } from '../base/duration.ts';
import type { Event, EventOf, EventType } from '../events/event.ts';
import { printableLine } from './escape.ts';
import { inOneLine } from './layout.ts';

/** One event in one line for people: what happened, in the past tense of the record. */
export function eventLine({ type, data }: Event): string {
  const say = sentences[type] as (data: Event['data']) => string;
  return printableLine(say(data));
}

const sentences: { readonly [T in EventType]: (data: EventOf<T>['data']) => string } = {
  'run.began': ({ procedure, site, mode, startedBy, planDigest }) =>
    `${procedure} of ${site} began (${mode}), started by ${startedBy.person}, plan ${planDigest.slice(0, 12)}`,
  'driver.attached': (data) => {
    const { driver, reason, epoch } = data;
    const paper = data.onPaper === true ? ', on paper: no step is started' : '';
    const attached = `driver attached (${reason}${paper}): ${driver.osUser} on ${driver.machine}, pid ${driver.pid}, epoch ${epoch}`;
    return `${attached}${beforeText(data)}`;
  },
  'run.adopted': ({ person, from, reason }) =>
    `run adopted by ${person} from a copy that ends with event ${from.seq}:${from.hash.slice(0, 12)}: ${reason}`,
  'driver.detached': ({ reason }) => `driver detached: ${reason}`,
  'claim.taken': ({ host, epoch }) => `site claimed on ${host}, epoch ${epoch}`,
  'claim.released': ({ host }) => `claim on ${host} released`,
  'effect.started': ({ source, id, attempt }) =>
    `${effectVerb[source]} ${id.replace(/^(evidence|stop):/, '')}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
  'effect.found': ({ step, host, token }) =>
    `step ${step}: job ${token} was found on ${host}, started before this copy took over; it is followed`,
  'witness.kept': ({ upToSeq, hosts, missed }) => {
    const rest = missed.length === 0 ? '' : `, not on ${missed.join(', ')}`;
    return `copies of the record up to event ${upToSeq} lie on ${hosts.join(', ') || 'no host'}${rest}`;
  },
  'anchor.kept': ({ where, seq }) => `anchored at ${where}, up to event ${seq}`,
  'step.progressed': ({ step, doneBytes, totalBytes, text }) => {
    const bytes = totalBytes > 0 ? ` ${formatSize(doneBytes)} of ${formatSize(totalBytes)}` : '';
    return `step ${step}:${bytes} ${text}`.trimEnd();
  },
  'step.done': ({ step, lines }) => `step ${step} done${lines.length === 0 ? '' : `: ${inOneLine(lines)}`}`,
  'step.failed': ({ step, kind, reason }) => `step ${step} ${kind === 'failed' ? 'FAILED' : 'IN DOUBT'}: ${reason}`,
  'stop.done': ({ step }) => `stopped: ${step ?? 'everything of the run'}`,
  'stop.failed': ({ step, reason }) => `could not stop ${step ?? 'everything of the run'}: ${reason}`,
  'timer.due': ({ timer }) => `timer due: ${timer}`,
  'gate.opened': ({ gate, digest }) => `gate ${gate} open, statement ${digest.slice(0, 12)}`,
  'gate.unready': ({ gate, reason }) => `gate ${gate}: evidence could not be gathered: ${reason}`,
  'gate.decided': ({ gate, decision, person, identity, reason, passed }) => {
    const end = decision === 'approve' ? (passed ? ', gate passed' : ', more approvals needed') : '';
    return `gate ${gate}: ${decision} by ${person} (${identity.strength})${end}${because(reason)}`;
  },
  'gate.renewed': ({ gate, reason }) => `gate ${gate} shown anew: ${reason}`,
  'decision.made': ({ verb, subject, person, reason, evidence }) =>
    verb === 'choose'
      ? `${person} chose ${evidence ?? ''} at gate ${subject}: ${reason}`
      : `${person} decided ${verb} for ${subject}: ${reason}${evidence === undefined ? '' : ` (evidence: ${evidence})`}`,
  'run.aborting': ({ person, reason }) => `${person} aborts the run: ${reason}`,
  'run.preempted': ({ reason }) => `the drill gives way: ${reason}`,
  'word.refused': ({ verb, subject, person, code, reason }) =>
    `refused: ${verb}${subject === '' ? '' : ` ${subject}`} by ${person} (${code}): ${reason}`,
  'watch.handed': ({ from, to, reason }) => `${from} handed the watch to ${to}${because(reason)}`,
  'note.added': ({ person, text }) => `note by ${person}: ${text}`,
  'obligation.opened': ({ id, kind, text }) => `obligation ${id} (${kind}): ${text}`,
  'obligation.settled': ({ id, person, reason }) => `obligation ${id} settled by ${person}: ${reason}`,
  'lesson.added': ({ id, text, owner, dueAt, person }) =>
    `lesson ${id} by ${person}, for ${owner} until ${dueAt.slice(0, 10)}: ${text}`,
  'lesson.closed': ({ id, person, reason }) => `lesson ${id} closed by ${person}: ${reason}`,
  'run.ended': ({ outcome }) => `run ended: ${outcome}`,
};

function beforeText({ before, why = '' }: EventOf<'driver.attached'>['data']): string {
  if (before === undefined) return '';
  const { driver, liveness, lastAt } = before;
  const gone = { alive: 'which was running', dead: 'which was gone', unknown: 'not known to be gone' }[liveness];
  return `, after ${driver.osUser} on ${driver.machine}, pid ${driver.pid}, ${gone}, last heard ${lastAt}${because(why)}`;
}

const effectVerb = { step: 'step started:', evidence: 'gathering evidence for gate', stop: 'stopping' } as const;

const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);
