import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { twelveMistakes, withMistakes, type Mistake } from './twelve-mistakes.ts';

const file = 'runbooks/gravelines.yaml';
const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const parse = (source: string) => parseRunbook(source, { file });
const inOrder = (a: { line?: number; column?: number }, b: { line?: number; column?: number }): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

describe('the shipped runbook', () => {
  test('is read without a problem, durations in milliseconds', () => {
    const { runbook, problems } = parse(text);
    expect(problems).toEqual([]);
    expect(runbook?.objectives).toMatchObject({
      rtoMs: 14_400_000,
      filesLossMs: 86_400_000,
      databaseLossMs: 7_200_000,
    });
  });

  test('warns that half of each backup lies in the building of production', () => {
    expect(parse(text).warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('backups.files: 1 of 2 sources lie in limburg, with production'),
      expect.stringContaining('backups.database: 1 of 2 sources lie in limburg, with production'),
    ]);
  });

  test('has each of 12 mistakes found, alone and at its place', () => {
    for (const mistake of twelveMistakes) {
      const wrong = withMistakes(text, [mistake]);
      expect(parse(wrong.text).problems).toEqual([
        { file, ...wrong.places[0], message: expect.stringMatching(mistake.message) as unknown },
      ]);
    }
  });

  test.each(['constructor', 'toString', '__proto__'])('with a step of kind %s has a problem, and no crash', (kind) => {
    const { runbook, problems } = parse(text.replace('kind: fence', `kind: ${kind}`));
    expect(runbook).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
  });

  test('with a list of things that are no text has problems, and no crash', () => {
    const { problems } = parse(`${text}\nextra: [{ toString: [1] }, [{ valueOf: 2, toString: 3 }], x]\n`);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('extra')]);
  });

  test('with 12 mistakes has 12 problems, each at its place', () => {
    const wrong = withMistakes(text, twelveMistakes);
    const expected = twelveMistakes
      .map(({ message }, index) => ({
        file,
        ...wrong.places[index]!,
        message: expect.stringMatching(message) as unknown,
      }))
      .sort(inOrder);
    expect(parse(wrong.text).problems).toEqual(expected);
  });
});

test('two hosts that nothing could tell apart are a problem', () => {
  const twin = text.replace('address: 127.0.77.32', 'address: 127.0.77.31');
  expect(parse(twin).problems.map(({ message }) => message)).toEqual([
    "hosts.backup-odd.address: the same as host 'backup-even': nothing could tell the two apart",
  ]);
  const marker = /text: backup-even .*(?= \})/.exec(text)![0];
  const same = text
    .replace(/text: backup-odd .*(?= \})/, marker)
    .replace('hosts/backup-odd/identity', 'hosts/backup-even/identity');
  expect(parse(same).problems).toHaveLength(1);
});

test('two tickets that answer each other are one circle, said once', () => {
  const circle = text.replace('      milestone: ready\n', '      milestone: ready\n      follows: served\n');
  expect(parse(circle).problems.map(({ message }) => message)).toEqual([
    'activation.information.0.follows: a circle: announce-ready → announce-served → announce-ready',
  ]);
});

test('what lies with production and is needed on the day is warned about, and a host without a pin', () => {
  const exposed = text
    .replace(/hostKeys:.*/, 'hostKeys: []')
    .replaceAll('datacentre: roubaix', 'datacentre: limburg')
    .replaceAll('datacentre: gravelines', 'datacentre: limburg')
    .replaceAll('{ name: ns2.kyc.test, address: 127.0.77.42, port: 5353, datacentre: gravelines }', '');
  expect(parse(exposed).warnings.map(({ message }) => message.slice(0, 60))).toEqual([
    expect.stringContaining('hosts.limburg: no pinned host key'),
    expect.stringContaining('service.recovery: lies in limburg'),
    expect.stringContaining('backups.files: every source lies in one datacentre'),
    expect.stringContaining('backups.database: every source lies in one datacentre'),
    expect.stringContaining('dns.kyc: every name server lies in limburg'),
    expect.stringContaining('desks.tickets: lies in limburg'),
    expect.stringContaining('desks.mail: lies in limburg'),
  ]);
});

test('several keys missing in one place are several problems', () => {
  const wrong = text.replace('    user: root\n', '').replace('    role: production\n', '');
  expect(parse(wrong).problems.map(({ message }) => message)).toEqual([
    expect.stringContaining("hosts.limburg: missing key 'role'"),
    expect.stringContaining("hosts.limburg: missing key 'user'"),
  ]);
});

test('a section that is not there at all is one problem, however many places need it', () => {
  const without = text.replace(/^databases:\n[\s\S]*?(?=^# Even days)/m, '');
  expect(parse(without).problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /'production' is named here, and there is no 'databases' in the runbook \(11 more name entries of it\)/,
    ),
  ]);
});

test('half a character is refused, since no digest could hold it', () => {
  const broken = text.replace(/^title: .*$/m, 'title: "\\ud800"');
  expect(parse(broken).problems).toEqual([
    { file, line: 15, column: 8, message: expect.stringContaining('half a character') as unknown },
  ]);
});

test('a misspelt key that must be there is one problem, not two', () => {
  for (const [right, wrong] of [
    ['    user: root', '    usr: root'],
    ['databases:', 'databses:'],
    ['  gravelines:\n    role', '  gravlines:\n    role'],
    ['  tickets:\n', '  tikets:\n'],
    ['  restoration: { roles', '  restoratoin: { roles'],
  ] as const) {
    expect(parse(text.replace(right, wrong)).problems).toHaveLength(1);
  }
});

describe('one mistake', () => {
  const table: readonly (readonly [string, Omit<Mistake, 'at'> & { at?: string }])[] = [
    [
      'a word where a number belongs',
      {
        old: '    port: 2222',
        wrong: '    port: ssh',
        at: 'ssh',
        message: /expected a whole number, found the text 'ssh'|expected a number/,
      },
    ],
    [
      'a number where a text belongs',
      { old: 'title: www.kyc.test in Gravelines', wrong: 'title: 42', at: '42', message: /expected a text, found 42/ },
    ],
    [
      'a key that is missing is named at what lacks it',
      {
        old: '    user: root\n',
        wrong: '',
        at: 'limburg:\n    role',
        message: /hosts\.limburg: missing key 'user': expected a text/,
      },
    ],
    [
      'a key written twice',
      {
        old: '    user: root\n',
        wrong: '    user: root\n    role: production\n',
        at: 'role: production',
        message: /key 'role' stands twice/,
      },
    ],
    [
      'a chain of jumps that bites its tail',
      {
        old: '    user: root\n',
        wrong: '    user: root\n    via: limburg\n',
        at: 'limburg\n    base',
        message: /a circle of jumps: limburg → limburg/,
      },
    ],
    [
      'a host with the wrong role as the recovery side',
      {
        old: '  recovery: { host: gravelines',
        wrong: '  recovery: { host: backup-odd',
        at: 'backup-odd',
        message: /has the role backup: expected a host with the role recovery/,
      },
    ],
    [
      'an id used twice',
      {
        after: 'path: www }\n        to: { host: gravelines',
        old: '      - id: copy-configuration\n',
        wrong: '      - id: copy-files\n',
        at: 'copy-files',
        message: /already the id of a step in restoration, lane files/,
      },
    ],
    [
      'a misspelt key inside a step points at the key, not at the step',
      {
        old: '        from: { backup: files, path: www }',
        wrong: '        from: { backup: files, paht: www }',
        at: 'paht',
        message: /unknown key 'paht': did you mean 'path'\?/,
      },
    ],
    [
      'a misspelt key of a step',
      {
        old: '        expect: 2h 30m',
        wrong: '        expcet: 2h 30m',
        at: 'expcet',
        message: /unknown key 'expcet': did you mean 'expect'\?/,
      },
    ],
    [
      'a database step that says no what',
      {
        old: '        do: fetch\n',
        wrong: '',
        at: 'id: fetch-database',
        message: /missing key 'do': expected one of fetch, import, switch, dump/,
      },
    ],
    [
      'a missing kind',
      {
        after: '- id: copy-files\n',
        old: '        kind: copy\n',
        wrong: '',
        at: 'id: copy-files',
        message: /missing key 'kind': expected one of copy/,
      },
    ],
    [
      'an unknown kind of desk',
      {
        old: '    kind: smtp',
        wrong: '    kind: smpt',
        at: 'smpt',
        message: /expected one of request-tracker, smtp, webhook, found 'smpt': did you mean 'smtp'\?/,
      },
    ],
    [
      'a phase that is neither list nor lanes',
      {
        old: /  verification:\n[\s\S]*?(?=  information:)/.exec(text)![0],
        wrong: '  verification: soon\n',
        at: 'soon',
        message: /expected a list or a block of named entries, found the text 'soon'/,
      },
    ],
    [
      'an import before its fetch',
      {
        old: '        fetch: fetch-database',
        wrong: '        fetch: import-database',
        at: 'import-database\n        expect',
        message: /'import-database' is another kind of step: expected a step 'kind: database, do: fetch'/,
      },
    ],
    [
      'an import into another database than the fetch',
      {
        after: '- id: import-database',
        old: '        database: recovery',
        wrong: '        database: production',
        at: 'fetch-database\n',
        message: /is about database 'recovery', this step about 'production'/,
      },
    ],
    [
      'a record the zone does not have',
      {
        after: '- id: dns-to-recovery',
        old: '      records: [www]',
        wrong: '      records: [web]',
        at: 'web',
        message: /'web' is no record of zone 'kyc'/,
      },
    ],
    [
      'a switch that does not say where to',
      {
        after: '- id: dns-to-recovery',
        old: '      to: recovery\n',
        wrong: '',
        at: 'id: dns-to-recovery',
        message: /expected 'to': production or recovery/,
      },
    ],
    [
      'a gate policy nobody needs',
      {
        old: '  unserved:',
        wrong: '  extra: { roles: [operator] }\n  unserved:',
        at: 'extra',
        message: /no procedure ever reaches gate 'extra'/,
      },
    ],
    [
      'a gate in a lane without a policy',
      {
        old: '      - id: accept-import\n',
        wrong: '      - id: accept-rows\n',
        at: 'accept-rows',
        message: /gate 'accept-rows' has no entry under 'gates'/,
      },
    ],
    [
      'a phase with nothing in it',
      {
        old: /  salvage:\n[\s\S]*?(?=  pre-copy:)/.exec(text)![0],
        wrong: '  salvage: []\n',
        at: 'salvage: []',
        message: /gate 'salvage' covers nothing: phase 'salvage' has no step/,
      },
    ],
    [
      'a gate only its starter could pass',
      {
        old: '  restoration: { roles: [operator] }',
        wrong: '  restoration: { roles: [operator], approvals: 2, notTheStarter: true }',
        at: 'restoration',
        message: /who starts the run may not/,
      },
    ],
    [
      'a key of AWS',
      {
        after: 'desks:',
        old: '    queue: DRP',
        wrong: '    queue: AKIAIOSFODNN7EXAMPLE',
        at: 'AKIA',
        message: /looks like an AWS access key in plain text/,
      },
    ],
    [
      'a password in an address',
      {
        old: 'url: http://127.0.77.44:8081',
        wrong: 'url: http://drp:hunter22@127.0.77.44:8081',
        at: 'http://drp',
        message: /an address with a password/,
      },
    ],
    [
      'a password in a command',
      {
        old: '          stop: [touch, ',
        wrong: '          stop: [mysql, password=hunter22, ',
        at: 'password=',
        message: /looks like a password/,
      },
    ],
    [
      'a password after an option',
      {
        old: '          stop: [touch, ',
        wrong: '          stop: [mysql, --password, hunter22, ',
        at: 'hunter22',
        message: /looks like a password/,
      },
    ],
    [
      'a password in the environment of a command',
      {
        old: '          stop: [touch, ',
        wrong: '          stop: [env, PGPASSWORD=hunter22, ',
        at: 'PGPASSWORD',
        message: /looks like a password/,
      },
    ],
    [
      'a password in a comment',
      {
        old: '# how gravelines reaches it',
        wrong: '# password = hunter22',
        at: '# password',
        message: /this comment looks like it holds a password/,
      },
    ],
    [
      'a private key',
      {
        old: '    contact: +31 6 5550 0101',
        wrong: '    contact: "-----BEGIN OPENSSH PRIVATE KEY-----"',
        at: '"-----BEGIN',
        message: /looks like a private key/,
      },
    ],
  ];
  test.each(table)('%s is one problem at its place', (_, mistake) => {
    const wrong = withMistakes(text, [{ at: mistake.wrong, ...mistake }]);
    expect(parse(wrong.text).problems).toEqual([
      { file, ...wrong.places[0], message: expect.stringMatching(mistake.message) as unknown },
    ]);
  });
});

test('what checks ask of a host or database there is not is a problem, with the name that was meant', () => {
  const asked = `${text}\nchecks: { hosts: { graveline: { services: [nginx] } }, databases: { recover: { standby: true } } }\n`;
  expect(parse(asked).problems.map(({ message }) => message)).toEqual([
    "checks.hosts.graveline: 'graveline' is none of hosts: did you mean 'gravelines'?",
    "checks.databases.recover: 'recover' is none of databases: did you mean 'recovery'?",
  ]);
});
