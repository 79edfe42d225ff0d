import type { Event, EventOf, Statement } from '../../events/event.ts';
import type { Exception } from './report.ts';

/**
 * Everything that did not simply go as planned: overrides, decisions beside the gates, failures, doubts, tries again,
 * rejections, refusals, takeovers. Each event gives one entry at most, in order. Obligations, lessons and notes have
 * lists of their own.
 */
export function exceptionsOf(events: readonly Event[]): readonly Exception[] {
  const shown = new Map<string, Statement>();
  const asked = new Set<string>();
  return events.flatMap((event): readonly Exception[] => {
    if (event.type === 'gate.opened') shown.set(event.data.digest, event.data.statement);
    if (event.type === 'decision.made' && event.data.verb === 'retry') asked.add(event.data.subject);
    const found = event.type === 'effect.started' ? triedAgain(event, asked) : exceptionOf(event, shown);
    return found === undefined ? [] : [{ seq: event.seq, at: event.at, ...found }];
  });
}

type Found = Omit<Exception, 'seq' | 'at'>;

/** A try that no person asked for: the plan allows it. The others are on record as the decision that asked. */
function triedAgain(event: EventOf<'effect.started'>, asked: Set<string>): Found | undefined {
  const { id, source, attempt } = event.data;
  if (source !== 'step' || attempt < 2) return undefined;
  if (asked.delete(id)) return undefined;
  return { kind: 'tried again', subject: id, by: 'drp', text: `attempt ${attempt}, as the plan allows` };
}

function exceptionOf(event: Event, shown: ReadonlyMap<string, Statement>): Found | undefined {
  switch (event.type) {
    case 'gate.decided':
      return answer(event, shown.get(event.data.statementDigest));
    case 'gate.renewed': {
      const { gate, person, reason } = event.data;
      return { kind: 'gate shown anew', subject: gate, by: person ?? 'drp', text: reason };
    }
    case 'gate.unready':
      return { kind: 'evidence missing', subject: event.data.gate, by: 'drp', text: event.data.reason };
    case 'decision.made': {
      const { verb, subject, person, reason, evidence } = event.data;
      const kind = verb === 'choose' ? 'another backup' : verb;
      return { kind, subject, by: person, text: evidence === undefined ? reason : `${reason} (evidence: ${evidence})` };
    }
    case 'step.failed': {
      const { step, kind, reason, code } = event.data;
      return { kind, subject: step, by: 'drp', text: `${reason} [${code}]` };
    }
    case 'stop.failed':
      return { kind: 'not stopped', subject: event.data.step ?? 'the run', by: 'drp', text: event.data.reason };
    case 'timer.due':
      return late(event.data.timer);
    case 'word.refused': {
      const { verb, subject, person, code, reason } = event.data;
      return {
        kind: 'refused',
        subject: subject === '' ? verb : subject,
        by: person,
        text: `${verb}: ${reason} [${code}]`,
      };
    }
    case 'run.aborting':
      return { kind: 'abort', subject: 'the run', by: event.data.person, text: event.data.reason };
    case 'run.preempted':
      return { kind: 'abort', subject: 'the run', by: 'drp', text: event.data.reason };
    default:
      return passedOn(event);
  }
}

/** The run came into other hands. */
function passedOn(event: Event): Found | undefined {
  switch (event.type) {
    case 'run.adopted': {
      const { person, reason, from } = event.data;
      return {
        kind: 'adopted',
        subject: 'the run',
        by: person,
        text: `from a copy up to event ${from.seq}: ${reason}`,
      };
    }
    case 'effect.found': {
      const { step, host, token } = event.data;
      return {
        kind: 'job found',
        subject: step,
        by: 'drp',
        text: `${token} on ${host}, started before the run was adopted`,
      };
    }
    case 'driver.attached': {
      const { reason, driver, why } = event.data;
      if (reason !== 'takeover') return undefined;
      const text = `by ${driver.osUser} on ${driver.machine}${why === undefined ? '' : `: ${why}`}`;
      return { kind: 'taken over', subject: 'the run', by: driver.osUser, text };
    }
    case 'watch.handed': {
      const { from, to, reason, person } = event.data;
      return { kind: 'watch handed', subject: to, by: person, text: `from ${from}: ${reason}` };
    }
    default:
      return undefined;
  }
}

/** A rejection, or an approval aside from the policy or against red evidence; a plain approval is no exception. */
function answer(event: EventOf<'gate.decided'>, statement: Statement | undefined): Found | undefined {
  const { gate, decision, person, reason, breakGlass, identity } = event.data;
  if (decision === 'reject') return { kind: 'rejected', subject: gate, by: person, text: reason };
  const red = (statement?.evidence ?? []).filter(({ severity }) => severity === 'red').map(({ title }) => title);
  const { attested } = identity;
  const marks: readonly (readonly [string, string])[] = [
    ...(breakGlass === true ? [['break-glass', 'passed alone, aside from the policy'] as const] : []),
    ...(attested === undefined
      ? []
      : [['over the phone', `${attested.number}, attested by ${attested.by}, ${attested.witness} listened`] as const]),
    ...(red.length === 0 ? [] : [['override', `approved against ${red.join(', ')}`] as const]),
  ];
  if (marks.length === 0) return undefined;
  const text = marks.map(([, said]) => said).join('; ');
  const kind = marks.map(([name]) => name).join(', ');
  return { kind, subject: gate, by: person, text: reason === '' ? text : `${text}: ${reason}` };
}

/** A timer is named for the state it ends; only lateness is worth telling. */
function late(timer: string): Found | undefined {
  const step = /\.([^.]+)\.running\.on-time$/.exec(timer)?.[1];
  return step === undefined ? undefined : { kind: 'late', subject: step, by: 'drp', text: 'took longer than planned' };
}
