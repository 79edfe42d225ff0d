import { describe, expect, test } from '@jest/globals';
import jsqr from 'jsqr';
import { buildApproval, signedText } from '../../src/gates/approval.ts';
import { qrText } from '../../src/views/qr-text.ts';
import { plan, statementOf } from './recorded-run.ts';

// Its types say it is an ES module; it is not.
const jsQr = jsqr as unknown as typeof jsqr.default;

const text = signedText(
  buildApproval(statementOf(plan, 'declaration'), {
    decision: 'approve',
    person: 'anne',
    reason: 'été: ordered by phone',
    at: '2026-11-21T14:00:30.000Z',
  }),
);

/** What a camera sees: each half of a character is a module, four dots wide; `ink` says which colour letters have. */
function photographed(lines: readonly string[], ink: 'dark' | 'light'): readonly [Uint8ClampedArray, number, number] {
  const dots = 4;
  const rows = lines.flatMap((line) => {
    const cells = [...line.replaceAll(/\u001b\[[\d;]*m/g, '')];
    return [cells.map((cell) => '█▀'.includes(cell)), cells.map((cell) => '█▄'.includes(cell))];
  });
  const [width, height] = [(rows[0]?.length ?? 0) * dots, rows.length * dots];
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const drawn = rows[Math.floor(y / dots)]?.[Math.floor(x / dots)] === true;
      pixels.fill(drawn === (ink === 'dark') ? 0 : 255, (y * width + x) * 4, (y * width + x) * 4 + 3);
      pixels[(y * width + x) * 4 + 3] = 255;
    }
  }
  return [pixels, width, height];
}

describe('a text as a QR code', () => {
  test.each([
    ['in black on white', true, 'dark'],
    ['without colours, on a dark terminal', false, 'light'],
  ] as const)('%s is read back byte for byte', (_, coloured, ink) => {
    for (const one of [text, 'x', 'é'.repeat(900)]) {
      const shown = qrText(one, coloured);
      const seen = jsQr(...photographed(shown?.lines ?? [], ink), { inversionAttempts: 'dontInvert' });
      expect(Buffer.from(seen?.binaryData ?? []).toString('utf8')).toBe(one);
    }
  });

  test('an approval takes about a hundred columns and half as many lines', () => {
    const shown = qrText(text, true);
    expect(shown?.columns).toBeLessThanOrEqual(113);
    expect(shown?.lines.length).toBe(Math.ceil((shown?.columns ?? 0) / 2));
  });

  test('a text that no code holds is none', () => {
    expect(qrText('x'.repeat(2_953), false)).toBeDefined();
    expect(qrText('x'.repeat(2_954), false)).toBeUndefined();
  });
});
