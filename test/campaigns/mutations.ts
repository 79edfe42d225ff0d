import { below, pick } from './campaign.ts';

type Random = () => number;

/** Texts that break readers: of YAML, of JSON, of terminals, of numbers. */
const hostile = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    '- ',
    '? ',
    '|',
    '>',
    '&a ',
    '*a',
    '<<: *a',
    '!!js/function ',
    '!!binary ',
    '!',
    '%YAML 9.9',
  ],
  ...[
    '---',
    '...',
    '#',
    '"',
    "'",
    '\\',
    '\\u0000',
    '\\ud800',
    '\t',
    '\r',
    '\r\n',
    '\n',
    '\n\n\n',
    '\0',
    '\x1b[2J',
    '\u202e',
  ],
  ...[
    '\ufeff',
    '\u2028',
    '\u{1f525}',
    '\ud800',
    '~',
    'null',
    'true',
    'NaN',
    '.inf',
    '-0',
    '1e999',
    '9007199254740993',
    '0x1F',
  ],
  ...[
    '2026-13-45',
    '1h',
    '-5m',
    '99999999999d',
    '',
    ' ',
    '                ',
    '__proto__',
    'constructor',
    'toString',
    'then',
  ],
  ...[
    '../../etc/passwd',
    '/',
    '::1',
    '999.1.1.1',
    'a'.repeat(5_000),
    '['.repeat(300),

    'k: 1\n'.repeat(300),
    '{a: '.repeat(200),
    '- '.repeat(300),
  ],
  ...['&a [*a, *a]', '&a {b: *a}', '"seq":', '"hash":"', '"prev":"', '{"event":', '0'.repeat(64), '"data":{}'],
] as const;

/** One to four changes somewhere in a text, by lines or by characters. */
export function mutateText(random: Random, text: string, others: readonly string[]): string {
  let result = text;
  for (let left = 1 + below(random, 4); left > 0; left -= 1) {
    result = random() < 0.5 ? mutateLines(random, result, others) : mutateCharacters(random, result);
  }
  return result;
}

function mutateLines(random: Random, text: string, others: readonly string[]): string {
  const lines = text.split('\n');
  const at = below(random, lines.length);
  const line = lines[at] ?? '';
  const value = /^(\s*(?:- )?[\w-]+:\s)(.*)$/.exec(line);
  const changes: readonly (() => void)[] = [
    () => void lines.splice(at, 1 + below(random, 5)),
    () => void lines.splice(at, 0, line),
    () => void lines.splice(at, 0, lines[below(random, lines.length)] ?? ''),
    () => void (lines[at] = ' '.repeat(below(random, 9)) + line.trimStart()),
    () => void (lines[at] = value === null ? pick(random, hostile) : `${value[1] ?? ''}${pick(random, hostile)}`),
    () => void (lines[at] = value === null ? `${line}: x` : (value[1] ?? '').trimEnd()),
    () =>
      void lines.splice(
        at,
        0,
        line.replace(/\S.*/, () => `${pick(random, hostile)}: ${pick(random, hostile)}`),
      ),
    () => void lines.splice(at, lines.length),
    () => {
      const other = pick(random, others).split('\n');
      const from = below(random, other.length);
      lines.splice(at, below(random, 4), ...other.slice(from, from + 1 + below(random, 12)));
    },
  ];
  pick(random, changes)();
  return lines.join('\n');
}

function mutateCharacters(random: Random, text: string): string {
  const at = below(random, text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  const changes: readonly (() => string)[] = [
    () => before + after.slice(1),
    () => before + after.slice(below(random, 40)),
    () => before + pick(random, hostile) + after,
    () => before + pick(random, hostile) + after.slice(1),
    () => before + String.fromCharCode(below(random, 256)) + after.slice(1),
    () => before + String.fromCharCode(below(random, 65_536)) + after,
    () => before + String.fromCharCode((after.charCodeAt(0) || 32) ^ (1 << below(random, 7))) + after.slice(1),
    () => before,
    () => before + after.slice(0, 60).repeat(2 + below(random, 3)) + after,
  ];
  return pick(random, changes)();
}

/** One to three changes of bytes: bits flipped, bytes put in, taken out, or written over; lengths made wrong. */
export function mutateBytes(random: Random, bytes: Uint8Array): Buffer {
  let result = Buffer.from(bytes);
  for (let left = 1 + below(random, 3); left > 0; left -= 1) {
    const at = below(random, result.length);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    const changes: readonly (() => Buffer)[] = [
      () => Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << below(random, 8))]), after.subarray(1)]),
      () => Buffer.concat([before, Buffer.from([below(random, 256)]), after]),
      () => Buffer.concat([before, after.subarray(1 + below(random, 8))]),
      () => Buffer.concat([before, Buffer.from([255, 255, 255, 255]), after.subarray(4)]),
      () => Buffer.concat([before, Buffer.from([0, 0, 0, below(random, 256)]), after.subarray(4)]),
      () => Buffer.concat([before, Buffer.from(pick(random, hostile)), after]),
      () => Buffer.concat([before, result.subarray(below(random, result.length)).subarray(0, 40), after]),
      () => before,
    ];
    result = Buffer.from(pick(random, changes)());
    if (result.length === 0) return result;
  }
  return result;
}
