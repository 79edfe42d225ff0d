import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { auditWhole, type WholeVerdict } from '../../src/cli/audit-whole.ts';
import { canonicalJson } from '../../src/events/canonical.ts';
import { digestOf, sha256Hex } from '../../src/events/digest.ts';
import { readExport, renderExport } from '../../src/journal/export.ts';
import { testKey } from '../gates/test-key.ts';
import { allowedSigners as anneSigners, sampleExport } from '../journal/sample-run.ts';

const kept = (name: string): Buffer => readFileSync(new URL(`../journals/${name}`, import.meta.url));
const signers = kept('format-1-allowed-signers').toString('utf8');

interface Fields {
  [key: string]: unknown;
}

/** The record as somebody who owns the store could write it anew: lines changed, every hash made to fit again. */
function rewritten(bytes: Buffer, change: (event: Fields, data: Fields) => void, keep = Infinity): Buffer {
  const { frame, stored } = readExport(bytes.toString('utf8'));
  let prev = '0'.repeat(64);
  const anew = stored.slice(0, keep).map(({ line }) => {
    const event = JSON.parse(line) as Fields;
    change(event, event['data'] as Fields);
    event['prev'] = prev;
    const text = canonicalJson(event as never);
    prev = sha256Hex(text);
    return { line: text, hash: prev };
  });
  return Buffer.from(renderExport(frame, anew));
}

/** The statement heads of a rewritten record no longer fit: problems of policy and machine are looked at alone. */
const messages = (verdict: WholeVerdict): string => verdict.problems.map(({ message }) => message).join('\n');
const stateOf = (verdict: WholeVerdict, what: string): string =>
  verdict.checks.find((check) => check.what === what)?.state ?? '';

describe('a record that is as it was written', () => {
  test.each(['format-1-activation', 'format-1-return'])('%s holds in every part, with keys from outside', (name) => {
    const verdict = auditWhole(kept(`${name}.jsonl`), { allowedSigners: signers });
    expect(verdict.problems).toEqual([]);
    expect(verdict.checks.map(({ what, state }) => [what, state])).toEqual([
      ['record', 'holds'],
      ['policy', 'holds'],
      ['machine', 'holds'],
    ]);
    expect(verdict.proved.join('\n')).toContain('keys you trust');
    expect(verdict.notProved.join('\n')).not.toContain('who the signers are');
  });

  test('says which keys it took where none are given, and where the anchors end', () => {
    const verdict = auditWhole(kept('format-1-adopted.jsonl'), {});
    expect(verdict.good).toBe(true);
    expect(verdict.notProved.join('\n')).toContain('their keys are those the run carried');
    expect(verdict.notProved.join('\n')).toMatch(/events \d+ to 81 were not rewritten whole/);
  });

  test('an anchor given reaches to the end of the record', async () => {
    const bytes = Buffer.from(await sampleExport());
    const { stored } = readExport(bytes.toString('utf8'));
    const anchor = `k3f9-2a7m 6:${stored[5]?.hash ?? ''}`;
    const verdict = auditWhole(bytes, { allowedSigners: anneSigners, anchors: [anchor, anchor.slice(0, 24)] });
    expect(verdict.good).toBe(true);
    expect(verdict.anchoredUpToSeq).toBe(6);
    expect(verdict.notProved).toEqual(['that the clocks were right, and that what was written is what happened']);
  });
});

describe('a record rewritten whole, hashes and all', () => {
  const activation = kept('format-1-activation.jsonl');

  test('a gate passed by somebody of another role is found', () => {
    const verdict = auditWhole(
      rewritten(activation, (event, data) => {
        if (event['type'] === 'gate.decided' && data['gate'] === 'restoration') data['person'] = 'anne';
      }),
      { allowedSigners: signers },
    );
    expect(stateOf(verdict, 'policy')).toBe('broken');
    expect(messages(verdict)).toContain('anne could not say this');
  });

  test('a milder policy in the plan shows in the statements, a milder one in both in the plan digest that was signed', () => {
    const milder = (inStatements: boolean): WholeVerdict =>
      auditWhole(
        rewritten(activation, (event, data) => {
          if (event['type'] === 'run.began') {
            const plan = data['plan'] as { gates: Record<string, Fields>; digest?: string };
            (plan.gates['switchover'] as Fields)['notTheStarter'] = false;
            delete plan.digest;
            data['planDigest'] = plan.digest = digestOf(plan as never);
          }
          if (inStatements && event['type'] === 'gate.opened' && data['gate'] === 'switchover') {
            ((data['statement'] as Fields)['policy'] as Fields)['notTheStarter'] = false;
            data['digest'] = digestOf(data['statement'] as never);
          }
        }),
        { allowedSigners: signers },
      );
    expect(stateOf(milder(false), 'policy')).toBe('broken');
    expect(stateOf(milder(true), 'record')).toBe('broken');
  });

  test('a step that never ran cannot be written in, a state cannot be jumped', () => {
    const verdict = auditWhole(
      rewritten(activation, (event, data) => {
        if (event['type'] === 'step.done' && data['step'] === 'fence-production') data['step'] = 'copy-files';
      }),
      {},
    );
    const jumped = auditWhole(
      rewritten(activation, (event, data) => {
        if (event['seq'] === 51) data['state'] = 'completed';
      }),
      {},
    );
    expect([stateOf(verdict, 'machine'), stateOf(jumped, 'machine')]).toContain('broken');
    expect(messages(jumped)).toContain('does not follow from the events before it');
    expect(jumped.upToSeq).toBeLessThan(51);
  });

  test('an unsigned answer after its expiry, and one by an OS user that stands for nobody, are found', () => {
    const late = auditWhole(
      rewritten(activation, (event, data) => {
        if (event['type'] === 'gate.decided' && data['gate'] === 'import') data['at'] = '2027-01-01T00:00:00.000Z';
      }),
      {},
    );
    expect(messages(late)).toMatch(/could not say this: .*expired/);
    const other = auditWhole(
      rewritten(activation, (event, data) => {
        if (event['type'] === 'gate.decided' && data['gate'] === 'import')
          (data['identity'] as Fields)['osUser'] = 'mallory';
      }),
      {},
    );
    expect(stateOf(other, 'policy')).toBe('broken');
  });

  test('a tail cut off still follows, and only an anchor tells', () => {
    const cut = rewritten(activation, () => undefined, 60);
    const { stored } = readExport(activation.toString('utf8'));
    const { run } = auditWhole(cut, { allowedSigners: signers });
    expect(auditWhole(cut, { allowedSigners: signers }).good).toBe(true);
    const told = auditWhole(cut, { anchors: [`${run} 66:${(stored[65]?.hash ?? '').slice(0, 12)}`] });
    expect(told.good).toBe(false);
    expect(messages(told)).toContain('its tail was cut');
  });
});

describe('a damaged record', () => {
  test('is judged and followed as far as its chain holds', () => {
    const bytes = kept('format-1-activation.jsonl');
    const text = bytes.toString('utf8').split('\n');
    text[31] = (text[31] ?? '').replace('"by":"', '"by":"x');
    const verdict = auditWhole(Buffer.from(text.join('\n')), { allowedSigners: signers });
    expect(verdict.good).toBe(false);
    expect(verdict.upToSeq).toBe(30);
    expect(stateOf(verdict, 'policy')).toBe('holds');
    expect(verdict.notProved[0]).toBe('anything after event 30');
  });

  test.each(['', '\n', '{}', '{"event":{},"hash":"x"}\n', '\u0000'.repeat(99)])(
    '%j is refused without a crash',
    (text) => {
      expect(auditWhole(Buffer.from(text), {}).good).toBe(false);
    },
  );

  test('whatever shape its parts have, it is judged and not stumbled over', () => {
    const values = [null, [], {}, 0, -1, 'x', '', true, [null]];
    fc.assert(
      fc.property(fc.nat(65), fc.nat(), fc.constantFrom(...values), (index, place, value) => {
        const bytes = rewritten(kept('format-1-activation.jsonl'), (event) => {
          if (event['seq'] !== index + 1) return;
          const places: (readonly [Fields, string])[] = [];
          const walk = (within: unknown): void => {
            if (typeof within !== 'object' || within === null) return;
            for (const key of Object.keys(within)) {
              places.push([within as Fields, key]);
              walk((within as Fields)[key]);
            }
          };
          walk({ data: event['data'] });
          const [within, key] = places[place % places.length] ?? [{}, ''];
          within[key] = value;
        });
        expect(auditWhole(bytes, {}).events).toBe(66);
      }),
      { numRuns: 60, seed: 3 },
    );
  }, 30_000);

  test('keys of a stranger prove nothing', async () => {
    const verdict = auditWhole(Buffer.from(await sampleExport()), {
      allowedSigners: `anne ${testKey('mallory').line}\n`,
    });
    expect(verdict.good).toBe(false);
    expect(stateOf(verdict, 'policy')).toBe('broken');
  });
});
