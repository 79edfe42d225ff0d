/** Text of one file that is replaced. */
export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A known fault, and what is run to see it. */
export interface Mutant extends Edit {
  readonly name: string;
  /** Where the same fault has a second place. */
  readonly also?: Edit;
  /** Campaigns (their short form) and tests, tried in this order until one fails. A test may be narrowed: `PATH -t TITLE`. */
  readonly killers: readonly string[];
}

/** Faults that would break what drp promises; each must be seen by a campaign or a test. */
export const mutants: readonly Mutant[] = [
  {
    name: 'leave out the record that an effect was started',
    file: 'src/executor/drive.ts',
    find: 'if (unstarted.length > 0) await log.append(unstarted.map((effect) => startedDraft(driving, effect)));',
    replace: 'void unstarted; void startedDraft;',
    also: {
      file: 'src/executor/starting.ts',
      find: 'return [startedDraft(driving, effect, next)];',
      replace: 'return [];',
    },
    killers: ['campaign kill'],
  },
  {
    name: 'skip the probe of what an earlier driver started',
    file: 'src/executor/effects.ts',
    find: 'if (watch.mayHaveBegun) {',
    replace: 'if (watch.mayHaveBegun && false) {',
    killers: ['campaign kill'],
  },
  {
    name: 'UPSERT instead of compare-and-set at Route 53',
    file: 'src/providers/dns/route53.ts',
    find: "{ Action: 'CREATE', ResourceRecordSet: toAws(to) },",
    replace: "{ Action: 'UPSERT', ResourceRecordSet: toAws(to) },",
    killers: ['real test/providers/dns/route53.real.test.ts', 'unit test/providers/dns'],
  },
  {
    name: 'drop synchronous=FULL',
    file: 'src/journal/sqlite-database.ts',
    find: "synchronous: ['FULL', '2']",
    replace: "synchronous: ['NORMAL', '1']",
    killers: ['campaign power'],
  },
  {
    name: 'append without looking at the lease',
    file: 'src/journal/sqlite-store.ts',
    find: "if (row['held'] !== 1 || found !== epoch) throw new DrpError('lease-lost', { run, epoch, found });",
    replace: 'void found; void epoch;',
    killers: ['unit test/journal/sqlite-journal.test.ts'],
  },
  {
    name: 'two runs may claim one site',
    file: 'src/journal/sqlite-journal.ts',
    find: 'const holder = isClaiming(mode) ? store.claimant(site, mode) : undefined;',
    replace: 'const holder = isClaiming(mode) ? store.claimant(`not ${site}`, mode) : undefined;',
    killers: ['campaign duel'],
  },
  {
    name: 'skip the check of a host’s identity',
    file: 'src/transports/host-proof.sh',
    find: '[ -n "$found" ] && [ "$found" = "$identity_text" ] || refuse identity "$found"',
    replace: ':',
    killers: ['real test/transports/remote-job.real.test.ts -t another.machine'],
  },
  {
    name: 'skip the check of the site’s claim on the host',
    file: 'src/transports/host-proof.sh',
    find: '[ "$held_run" = "$run" ] && [ "$held_epoch" -le "$epoch" ] || refuse claim "${held_run:--}" "${held_epoch:-0}"',
    replace: ':',
    killers: ['real test/transports/remote-job.real.test.ts -t overtaken', 'campaign duel'],
  },
  {
    name: 'run a job’s script without comparing its SHA-256',
    file: 'src/transports/remote-job.sh',
    find: '[ -e "$input" ] && [ "$(wc -c <"$input")" -eq "$total_bytes" ] && head -c "$script_bytes" "$input" >"$input.command" &&\n    [ "$(digest "$input.command")" = "$wanted" ] || give_up incomplete',
    replace: 'head -c "$script_bytes" "$input" >"$input.command"; wanted=$(digest "$input.command")',
    killers: ['real test/transports/remote-job.real.test.ts -t arrives.short'],
  },
  {
    name: 'start a job again under a token that was used',
    file: 'src/transports/remote-job.sh',
    find: '  if [ -e "$job/started" ]; then\n    [ "$(digest "$job/command")" = "$wanted" ] || refuse reused\n    forget_secret\n    answer_state\n  fi',
    replace: '  rm -f "$job/started" "$job/command" "$job/rc"',
    killers: ['campaign cut'],
  },
  {
    name: 'take a job’s output from the wrong byte',
    file: 'src/transports/remote-job.sh',
    find: 'tail -c "+$((offset + 1))"',
    replace: 'tail -c "+$((offset + (offset > 0 ? 2 : 1)))"',
    killers: ['campaign cut'],
  },
  {
    name: 'ignore the exit code of a job',
    file: 'src/steps/remote/job-outcome.ts',
    find: 'if (end.exitCode !== 0) {',
    replace: 'if (end.exitCode !== 0 && false) {',
    killers: ['unit test/steps/remote', 'real test/steps/command/command-step.real.test.ts'],
  },
  {
    name: 'switch a copy in before comparing it',
    file: 'src/steps/copy/copy.sh',
    find: 'compare "$staging" && return 0',
    replace: 'return 0',
    killers: ['real test/steps/copy/copy.real.test.ts -t earlier.attempt.left'],
  },
  {
    name: 'no keepalive on a connection',
    file: 'src/transports/ssh2-connection.ts',
    find: 'keepaliveInterval: limits.keepaliveMs,',
    replace: 'keepaliveInterval: 0,',
    killers: ['campaign silent'],
  },
  {
    name: 'no deadline for a login',
    file: 'src/transports/ssh2-connection.ts',
    find: 'readyTimeout: limits.loginTimeoutMs,',
    replace: 'readyTimeout: 0,',
    killers: ['campaign silent'],
  },
  {
    name: 'quote an argument without its own quotes',
    file: 'src/transports/quote.ts',
    find: "`'${word.replaceAll(\"'\", `'\\\\''`)}'`",
    replace: "`'${word}'`",
    killers: ['campaign quote'],
  },
  {
    name: 'believe the stored hash of an exported event',
    file: 'src/journal/verify-read.ts',
    find: "if (sha256(stored) !== hash) return 'its bytes do not match its hash: it was changed';",
    replace: '',
    killers: ['campaign tamper'],
  },
  {
    name: 'journal an event without taking secrets out',
    file: 'src/executor/create-executor.ts',
    find: 'redact: (draft) => redactedDraft(redaction, draft),',
    replace: 'redact: (draft) => (void redactedDraft, draft),',
    killers: ['unit test/executor/redaction', 'campaign redact'],
  },
  {
    name: 'take a started job whose host went away for one that never began',
    file: 'src/executor/effects.ts',
    find: 'begun = open = true;',
    replace: 'open = true;',
    killers: ['unit test/executor/effects'],
  },
  {
    name: 'start a job again whose folder was removed under it',
    file: 'src/transports/remote-job.sh',
    find: '[ -e "$job/command" ] || [ "$(state)" != running ] || answer_state',
    replace: ':',
    killers: ['real test/transports/remote-job.real.test.ts -t removed.under'],
  },
  {
    name: 'let a copied journal change the claim its original made',
    file: 'src/transports/claims.sh',
    find: '[ -z "$held_run" ] || refuse_unknown',
    replace: ':',
    killers: ['real test/transports/claims.real.test.ts -t second.record'],
  },
];
