import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DrpError } from '../../src/base/errors.ts';
import { refusalOf, refuseUndriven } from '../../src/cli/refused-word.ts';
import type { Draft, Event } from '../../src/events/event.ts';
import type { Word } from '../../src/gates/word.ts';
import { frozenPlan } from '../../src/plan/frozen-plan.ts';

const lines = readFileSync(new URL('../journals/format-1-activation.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const all = lines.slice(1, -1).map((line) => (JSON.parse(line) as { event: Event }).event);
const opened = all.findIndex((event) => event.type === 'gate.opened' && event.data.gate === 'declaration');
const events = all.slice(0, opened + 1);
const [began, gate] = [events[0], events[opened]];
if (began?.type !== 'run.began' || gate?.type !== 'gate.opened') throw new Error('another journal');
const otto = Object.values(frozenPlan(began).world.people).find(({ roles }) => roles[0] === 'operator')?.osUser ?? '';
const word = (more: Partial<Word>): Word => ({
  verb: 'approve',
  run: began.run,
  subject: 'declaration',
  reason: 'seen',
  statementDigest: gate.data.digest,
  osUser: otto,
  path: 'spool',
  ...more,
});

describe('a word to a run that nobody drives', () => {
  test('is refused at once where its driver would refuse it: by role, by person, by what is open', () => {
    const codeOf = (more: Partial<Word>) => refusalOf(word(more), events, gate.at)?.code;
    expect(codeOf({})).toBe('role-missing');
    expect(codeOf({ osUser: 'nobody-known' })).toBe('person-unknown');
    expect(codeOf({ statementDigest: 'f'.repeat(64) })).toBe('approval-stale');
    expect(codeOf({ verb: 'decide', decision: 'retry', subject: 'copy-fils' })).toBe('word-not-now');
    expect(codeOf({ verb: 'abort', subject: '', reason: '' })).toBe('reason-missing');
  });

  test('waits where it may count', () => {
    expect(refusalOf(word({ verb: 'abort', subject: '' }), events, gate.at)).toBeUndefined();
    expect(refusalOf(word({ verb: 'reject' }), events, gate.at)).toBeUndefined();
    expect(refusalOf(word({ verb: 'decide', decision: 'renew' }), events, gate.at)).toBeUndefined();
  });

  test('that is refused goes on record as its driver would put it', async () => {
    const kept: Draft[] = [];
    const journal = {
      read: () => Promise.resolve(events),
      appendBeside: (_run: string, drafts: readonly Draft[]) => Promise.resolve(void kept.push(...drafts)),
    };
    await expect(refuseUndriven(journal as never, word({}), gate.at)).resolves.toMatchObject({
      kind: 'refused',
      code: 'role-missing',
    });
    expect(kept).toMatchObject([
      { type: 'word.refused', data: { verb: 'approve', subject: 'declaration', code: 'role-missing' } },
    ]);
  });

  test('is left for the driver that attached meanwhile', async () => {
    const journal = {
      read: () => Promise.resolve(events),
      appendBeside: () => Promise.reject(new DrpError('lease-held')),
    };
    await expect(refuseUndriven(journal as never, word({}), gate.at)).resolves.toBeUndefined();
  });
});
