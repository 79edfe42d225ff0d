/** The Gravelines runbook with twelve mistakes; each line that holds one is marked, and says what is wrong with it. */
export interface Mistake {
  /** Text to be replaced; stands once in the runbook after `after`. */
  readonly old: string;
  readonly wrong: string;
  /** Where in the new text the problem is expected to be. */
  readonly at: string;
  readonly message: RegExp;
  readonly after?: string;
}

export const twelveMistakes: readonly Mistake[] = [
  {
    old: '  rto: 4h',
    wrong: '  rto: four hours',
    at: 'four hours',
    message: /objectives\.rto: expected a duration such as 90s/,
  },
  { old: '    port: 2222', wrong: '    prot: 2222', at: 'prot', message: /unknown key 'prot': did you mean 'port'\?/ },
  {
    old: '    address: 127.0.77.20',
    wrong: '    address: gravelines.example',
    at: 'gravelines.example',
    message: /expected an IP address/,
  },
  {
    after: '  backup-odd:\n',
    old: '    datacentre: roubaix',
    wrong: '    datacentre: rubaix',
    at: 'rubaix',
    message: /'rubaix' is none of datacentres: did you mean 'roubaix'\?/,
  },
  {
    after: 'databases:\n',
    old: '    password: { file: /tmp/drp-lab/hosts/limburg/etc/kyc_owner.password }',
    wrong: '    password: Sommer2026Limburg!x',
    at: 'Sommer2026Limburg!x',
    message: /expected a reference to a secret/,
  },
  {
    after: 'people:\n',
    old: '    roles: [authoriser]',
    wrong: '    roles: [autoriser]',
    at: 'autoriser',
    message: /expected one of authoriser, operator, approver, found 'autoriser': did you mean 'authoriser'\?/,
  },
  { old: '  restoration: { roles: [operator] }\n', wrong: '', at: 'gates:\n', message: /missing gate 'restoration'/ },
  {
    after: '  restoration:\n    files:',
    old: 'kind: copy',
    wrong: 'kind: kopy',
    at: 'kopy',
    message: /expected one of copy, .*did you mean 'copy'\?/,
  },
  {
    after: '    database:\n      - id: fetch-database',
    old: '        from: { backup: database }',
    wrong: '        from: { backup: files }',
    at: 'files }',
    message: /'files' is a backup of kind files: expected one of kind database/,
  },
  {
    old: '        covers: [fetch-database]',
    wrong: '        covers: [fetch-databse]',
    at: 'fetch-databse',
    message: /no step 'fetch-databse' in activation: .*did you mean 'fetch-database'\?/,
  },
  {
    after: '    - id: announce-served',
    old: '      follows: ready',
    wrong: '      follows: served',
    at: 'served',
    message: /'served' is this very step: expected one before it/,
  },
  {
    after: 'return:\n',
    old: '    - id: freeze-recovery-site',
    wrong: '    - id: delta',
    at: 'delta',
    message: /'delta' is a state every return has/,
  },
];

/** Applies mistakes to a text; gives it with the place (line, column from 1) of each. */
export function withMistakes(
  text: string,
  mistakes: readonly Mistake[],
): { readonly text: string; readonly places: readonly { readonly line: number; readonly column: number }[] } {
  const made = mistakes.reduce((before, mistake) => {
    const start = before.indexOf(mistake.old, mistake.after === undefined ? 0 : before.indexOf(mistake.after));
    if (start < 0) throw new Error(`not in the runbook: ${mistake.old}`);
    return before.slice(0, start) + mistake.wrong + before.slice(start + mistake.old.length);
  }, text);
  const places = mistakes.map((mistake) => {
    const from = mistake.after === undefined ? 0 : made.indexOf(mistake.after);
    const line = mistake.wrong === '' ? from : made.indexOf(mistake.wrong, from);
    const offset = mistake.wrong === '' ? made.indexOf(mistake.at) : made.indexOf(mistake.at, line);
    const before = made.slice(0, offset).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  });
  return { text: made, places };
}
