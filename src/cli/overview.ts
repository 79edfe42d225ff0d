import { readFileSync } from 'node:fs';

/** One line a verb, in the order of a disaster. A verb that is not here does not exist. */
export const verbLines: readonly (readonly [
  group: string,
  verbs: readonly (readonly [name: string, line: string])[],
])[] = [
  [
    'Before',
    [
      ['init', 'ask for the facts of a site and write its runbook'],
      ['hosts', 'pin or show host keys and identities: pin, show'],
      ['connect', 'open a connection that needs a password or a one-time code'],
      ['plan', 'show every step, gate and command of a procedure; no network'],
      ['who-can', 'who may pass each gate and say each deciding word'],
      ['prove', 'look at every path of a procedure under the laws, before the fire'],
      ['print', 'the procedure on paper: commands, contacts, forms to sign, a log'],
      ['check', 'hosts, backups, names, people: is the site fit for a disaster'],
      ['sync', 'keep the recovery side warm from the backups, for cron'],
      ['drill', 'the activation as an exercise, into an isolated target'],
    ],
  ],
  [
    'During',
    [
      ['activate', 'recover a site to its recovery datacentre'],
      ['return', 'bring the service back to production'],
      ['resume', 'go on with a run after a stop, a crash or a parked gate'],
      ['run', 'continue a run in this journal from a copy of its record: adopt'],
      ['handover', 'pass the lead of the watch on, with a note'],
      ['status', 'where a run stands, what it waits for, what a site owes'],
      ['approve', 'say yes to an open gate, from any terminal'],
      ['reject', 'say no to an open gate, with the reason'],
      ['decide', 'answer a failed or doubtful step: retry, skip, mark-done and more'],
      ['attest', 'bring what was done by hand, or on paper, back into the record'],
      ['note', 'put a line into the record of a run'],
      ['abort', 'end a run early; never leaves nobody serving unsigned'],
    ],
  ],
  [
    'After',
    [
      ['runs', 'the runs of this journal'],
      ['obligation', 'what sites still owe: list, settle'],
      ['report', 'the report of a run: Markdown, JSON or one HTML page'],
      ['lesson', 'what should be better next time: add, close, list'],
      ['sla', 'availability of a quarter, from all runs'],
      ['audit', 'read, verify and export the record: show, verify, export'],
    ],
  ],
];

/** The help of `drp` itself. Plain text, made without the argument parser: it has to be quick. */
export function overview(): string {
  const groups = verbLines.map(
    ([group, verbs]) => `${group}\n${verbs.map(([name, line]) => `  ${name.padEnd(12)}${line}`).join('\n')}`,
  );
  return `drp: disaster recovery, one approved step at a time

Usage: drp VERB [options]

${groups.join('\n\n')}

Every verb takes
  --journal URL   where runs are recorded (else sqlite: in $XDG_STATE_HOME/drp)
  --json          one JSON object last on stdout, errors included
  --no-color      no colours (also: NO_COLOR)
  --help          what the verb does, its options, examples

Examples
  $ drp plan --site gravelines        read the procedure before you need it
  $ drp activate --site gravelines    the disaster: drp asks what it must know
  $ drp status --watch                look on from another terminal
  $ drp approve switchover            the second person, at the second terminal
  $ drp resume                        go on after a stop or a crash

Exit codes: 0 done, 1 failed, 2 wrong usage or runbook, 3 refused, 4 host or
service not reached, 5 journal integrity, 75 parked and waiting for a person,
130 detached.
`;
}

/** The version in package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0';
}
