import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/base/secret.ts';
import { createRedaction, type Redaction } from '../../../src/steps/remote/redact.ts';
import { quote } from '../../../src/transports/quote.ts';
import { cpuMs } from '../../base/cpu-time.ts';

const value = `pa's"s w/ö%rd\\$1+&`;

function knowing(...values: readonly string[]): Redaction {
  const redaction = createRedaction();
  for (const [index, one] of values.entries()) redaction.add(new Secret(`file s${index}`, one));
  return redaction;
}

describe('redaction', () => {
  test.each([
    ['as it is', value],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in a URL', encodeURIComponent(value)],
    ['in a form', new URLSearchParams({ p: value }).toString().slice(2)],
    ['in base64', Buffer.from(value).toString('base64')],
    ['in base64 for URLs', Buffer.from(value).toString('base64url')],
    ['quoted for a shell', quote(['echo', value]).slice("echo '".length, -1)],
  ])('hides a secret %s and names its reference', (_how, spelled) => {
    expect(knowing(value).text(`before ${spelled} after`)).toMatch(/^before \[secret file s0\]=* after$/);
  });

  test.each([0, 1, 2])('hides a secret inside longer base64 that it starts in at byte %i', (before) => {
    const encoded = Buffer.from(`${'u:'.repeat(3).slice(0, 3 + before)}${value}:rest`).toString('base64');
    expect(knowing(value).text(encoded)).toContain('[secret file s0]');
  });

  test('hides keys and strings of plain data at any depth, and leaves the rest as it was', () => {
    const data = { list: [1, true, null, { [value]: `x${value}` }] };
    expect(knowing(value).data(data)).toEqual({ list: [1, true, null, { '[secret file s0]': 'x[secret file s0]' }] });
  });

  test('secrets that overlap, or hold one another, leave nothing of the longer one', () => {
    const redaction = knowing('abcdef', 'defghi', 'bcde');
    expect(redaction.text('1abcdefghi2 bcde')).toBe('1[secret file s0]2 [secret file s2]');
  });

  test('a secret shorter than four characters is not hidden, as the documentation says', () => {
    expect(knowing('abc').text('abc')).toBe('abc');
  });

  test('of a key file, its lines and quoted texts are hidden too', () => {
    const redaction = knowing('key "drp" {\n  algorithm hmac-sha256;\n  secret "c2VjcmV0IGtleQ==";\n};\n');
    expect(redaction.text('got c2VjcmV0IGtleQ== here')).toBe('got [secret file s0] here');
  });

  test('a stream cut at any two places never lets a secret through, and changes nothing else', () => {
    const redaction = knowing(value, 'second-one');
    const text = `first ${value} then second-one${value}\nseco nd second-on`;
    const whole = redaction.text(text);
    for (let one = 0; one <= text.length; one += 1) {
      for (let two = one; two <= text.length; two += 1) {
        const stream = redaction.stream();
        const pieces = [text.slice(0, one), text.slice(one, two), text.slice(two)];
        expect(pieces.map((piece) => stream.push(piece)).join('') + stream.end()).toBe(whole);
      }
    }
  });

  test('a stream holds back only what may become a secret', () => {
    const stream = knowing('correct horse').stream();
    expect(stream.push('progress 10 100\ncorr')).toBe('progress 10 100\n');
    expect(stream.push('ections\n')).toBe('corrections\n');
  });

  test('a secret learned while output arrives is hidden from then on', () => {
    const redaction = createRedaction();
    const stream = redaction.stream();
    expect(stream.push('late-secret ')).toBe('late-secret ');
    redaction.add(new Secret('env LATE', 'late-secret'));
    expect(stream.push('late-secret ')).toBe('[secret env LATE] ');
  });

  test('secrets of 64 KB do not make output slow', () => {
    const redaction = knowing(Array.from({ length: 1_000 }, (_, line) => `line ${line} ${'k'.repeat(50)}`).join('\n'));
    const stream = redaction.stream();
    const spentMs = cpuMs(() => {
      for (let piece = 0; piece < 20; piece += 1) stream.push('some output of a program\n'.repeat(100));
    });
    expect(spentMs).toBeLessThan(5_000);
  });
});
