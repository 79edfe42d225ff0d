import { formatSize } from '../base/duration.ts';
import { assertNever } from '../base/errors.ts';
import type { Event, EventOf } from '../events/event.ts';
import { printableLine } from './escape.ts';
import { inOneLine } from './layout.ts';

/** One event in one line for people: what happened, in the past tense of the record. */
export function eventLine(event: Event): string {
  return printableLine(sentence(event));
}

function sentence(event: Event): string {
  switch (event.type) {
    case 'run.began': {
      const { procedure, site, mode, startedBy, planDigest } = event.data;
      return `${procedure} of ${site} began (${mode}), started by ${startedBy.person}, plan ${planDigest.slice(0, 12)}`;
    }
    case 'driver.attached': {
      const { driver, reason, epoch } = event.data;
      const paper = event.data.onPaper === true ? ', on paper: no step is started' : '';
      const attached = `driver attached (${reason}${paper}): ${driver.osUser} on ${driver.machine}, pid ${driver.pid}, epoch ${epoch}`;
      return `${attached}${beforeText(event.data)}`;
    }
    case 'run.adopted': {
      const { person, from, reason } = event.data;
      return `run adopted by ${person} from a copy that ends with event ${from.seq}:${from.hash.slice(0, 12)}: ${reason}`;
    }
    case 'driver.detached':
      return `driver detached: ${event.data.reason}`;
    case 'claim.taken':
      return `site claimed on ${event.data.host}, epoch ${event.data.epoch}`;
    case 'claim.released':
      return `claim on ${event.data.host} released`;
    case 'effect.started':
      return `${effectVerb[event.data.source]} ${event.data.id.replace(/^(evidence|stop):/, '')}${event.data.attempt > 1 ? `, attempt ${event.data.attempt}` : ''}`;
    case 'effect.found': {
      const { step, host, token } = event.data;
      return `step ${step}: job ${token} was found on ${host}, started before this copy took over; it is followed`;
    }
    case 'witness.kept': {
      const { upToSeq, hosts, missed } = event.data;
      const rest = missed.length === 0 ? '' : `, not on ${missed.join(', ')}`;
      return `copies of the record up to event ${upToSeq} lie on ${hosts.join(', ') || 'no host'}${rest}`;
    }
    case 'anchor.kept':
      return `anchored at ${event.data.where}, up to event ${event.data.seq}`;
    case 'step.progressed': {
      const { step, doneBytes, totalBytes, text } = event.data;
      const bytes = totalBytes > 0 ? ` ${formatSize(doneBytes)} of ${formatSize(totalBytes)}` : '';
      return `step ${step}:${bytes} ${text}`.trimEnd();
    }
    case 'step.done':
      return `step ${event.data.step} done${event.data.lines.length === 0 ? '' : `: ${inOneLine(event.data.lines)}`}`;
    case 'step.failed': {
      const { step, kind, reason } = event.data;
      return `step ${step} ${kind === 'failed' ? 'FAILED' : 'IN DOUBT'}: ${reason}`;
    }
    case 'stop.done':
      return `stopped: ${event.data.step ?? 'everything of the run'}`;
    case 'stop.failed':
      return `could not stop ${event.data.step ?? 'everything of the run'}: ${event.data.reason}`;
    case 'timer.due':
      return `timer due: ${event.data.timer}`;
    default:
      return decisionSentence(event);
  }
}

function beforeText({ before, why }: EventOf<'driver.attached'>['data']): string {
  if (before === undefined) return '';
  const { driver, liveness, lastAt } = before;
  const gone = { alive: 'which was running', dead: 'which was gone', unknown: 'not known to be gone' }[liveness];
  const reason = why === undefined ? '' : `: ${why}`;
  return `, after ${driver.osUser} on ${driver.machine}, pid ${driver.pid}, ${gone}, last heard ${lastAt}${reason}`;
}

const effectVerb = { step: 'step started:', evidence: 'gathering evidence for gate', stop: 'stopping' } as const;

type DecisionEvent = Exclude<
  Event,
  {
    type:
      | 'run.began'
      | 'driver.attached'
      | 'driver.detached'
      | 'run.adopted'
      | 'effect.found'
      | 'witness.kept'
      | 'anchor.kept'
      | 'claim.taken'
      | 'claim.released'
      | 'effect.started'
      | 'step.progressed'
      | 'step.done'
      | 'step.failed'
      | 'stop.done'
      | 'stop.failed'
      | 'timer.due';
  }
>;

function decisionSentence(event: DecisionEvent): string {
  switch (event.type) {
    case 'gate.opened':
      return `gate ${event.data.gate} open, statement ${event.data.digest.slice(0, 12)}`;
    case 'gate.unready':
      return `gate ${event.data.gate}: evidence could not be gathered: ${event.data.reason}`;
    case 'gate.decided': {
      const { gate, decision, person, identity, reason, passed } = event.data;
      const why = reason === '' ? '' : `: ${reason}`;
      const end = decision === 'approve' ? (passed ? ', gate passed' : ', more approvals needed') : '';
      return `gate ${gate}: ${decision} by ${person} (${identity.strength})${end}${why}`;
    }
    case 'gate.renewed':
      return `gate ${event.data.gate} shown anew: ${event.data.reason}`;
    case 'decision.made': {
      const { verb, subject, person, reason, evidence } = event.data;
      if (verb === 'choose') return `${person} chose ${evidence ?? ''} at gate ${subject}: ${reason}`;
      return `${person} decided ${verb} for ${subject}: ${reason}${evidence === undefined ? '' : ` (evidence: ${evidence})`}`;
    }
    case 'run.aborting':
      return `${event.data.person} aborts the run: ${event.data.reason}`;
    case 'run.preempted':
      return `the drill gives way: ${event.data.reason}`;
    case 'word.refused': {
      const { verb, subject, person, code, reason } = event.data;
      return `refused: ${verb}${subject === '' ? '' : ` ${subject}`} by ${person} (${code}): ${reason}`;
    }
    case 'watch.handed': {
      const { from, to, reason } = event.data;
      return `${from} handed the watch to ${to}${reason === '' ? '' : `: ${reason}`}`;
    }
    case 'note.added':
      return `note by ${event.data.person}: ${event.data.text}`;
    case 'obligation.opened':
      return `obligation ${event.data.id} (${event.data.kind}): ${event.data.text}`;
    case 'obligation.settled':
      return `obligation ${event.data.id} settled by ${event.data.person}: ${event.data.reason}`;
    case 'lesson.added': {
      const { id, text, owner, dueAt, person } = event.data;
      return `lesson ${id} by ${person}, for ${owner} until ${dueAt.slice(0, 10)}: ${text}`;
    }
    case 'lesson.closed':
      return `lesson ${event.data.id} closed by ${event.data.person}: ${event.data.reason}`;
    case 'run.ended':
      return `run ended: ${event.data.outcome}`;
    default:
      return assertNever(event);
  }
}
