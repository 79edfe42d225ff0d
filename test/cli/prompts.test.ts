import { describe, expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import type { Answer, Ask, Question } from '../../src/cli/ask.ts';
import { promptFor, type Prompted } from '../../src/cli/prompts.ts';
import type { Waiting } from '../../src/executor/executor.ts';
import { statementDigest } from '../../src/gates/statement.ts';
import type { PlannedGate } from '../../src/plan/plan.ts';
import { plainStyle } from '../../src/views/style.ts';
import { gateOf, statementOf } from '../gates/fixtures.ts';

/** Asks otto what is waited for; what came of it, and what was said on the screen. */
async function prompt(waiting: Waiting, ask: Pick<Ask, 'question'>) {
  let shown = '';
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      shown += chunk.toString();
      done();
    },
  });
  const prompted: Prompted = await promptFor(waiting, {
    io: { stderr, width: 80, style: plainStyle, env: {} },
    ask,
    run: 'k3f9-2a7m',
    osUser: 'otto',
    plan: { world: { people: {} } },
    journal: 'sqlite:/j',
    nowMs: () => Date.parse('2026-11-21T03:10:00.000Z'),
    signal: new AbortController().signal,
    switchBackFrom: () => undefined,
  } as never);
  return { prompted, shown };
}

/** Answers the first question about a gate with the first of these words that it takes; what was asked, refused and said. */
async function asked(policy: Partial<PlannedGate>, ...words: readonly string[]) {
  const statement = statementOf(gateOf(policy));
  const waiting: Waiting = {
    kind: 'gate',
    subject: 'switchover',
    state: 'open',
    verbs: ['approve', 'reject', 'renew'],
    statement,
    statementDigest: statementDigest(statement),
  };
  const refused: string[] = [];
  const messages: string[] = [];
  const ask: Pick<Ask, 'question'> = {
    question: ({ message, refuse }: Question) => {
      messages.push(message);
      for (const text of messages.length > 1 ? [] : words) {
        const why = refuse(text);
        if (why === undefined) return Promise.resolve({ kind: 'typed', text });
        refused.push(why);
      }
      return Promise.resolve({ kind: 'interrupted' });
    },
  };
  return { ...(await prompt(waiting, ask)), messages, refused };
}

describe('the question under an open gate', () => {
  test('takes its word where an OS user may approve, and offers no signature', async () => {
    const { prompted, messages } = await asked({}, 'gravelines');
    expect(messages).toEqual(["To approve, type 'gravelines'; else 'reject', 'renew', 'later':"]);
    expect(prompted).toMatchObject({ kind: 'word', word: { verb: 'approve', subject: 'switchover' } });
  });

  test('offers a signature beside the word where somebody other than the starter must answer', async () => {
    const { messages } = await asked({ notTheStarter: true });
    expect(messages).toEqual(["To approve, type 'gravelines'; else 'reject', 'renew', 'sign', 'later':"]);
  });

  test('says how to sign where an approval needs it, and takes no word that would only be refused', async () => {
    const { prompted, messages, refused, shown } = await asked({ strength: 'ssh-key' }, 'gravelines', 'sign');
    expect(messages[0]).toBe("To approve, type 'sign'; else 'reject', 'renew', 'later':");
    expect(refused).toEqual(["nothing done: an approval of this gate is signed; type 'sign', then 'gravelines'"]);
    expect(messages[1]).toMatch(/^Whose key\?/);
    expect(prompted).toEqual({ kind: 'later' });
    expect(shown).toContain('drp approve switchover --run k3f9-2a7m --key FILE');
  });
});

describe("'choose' at an open gate", () => {
  const copy = { host: 'backup-odd', path: '/srv/f', takenAt: '2026-11-20T00:00:00.000Z', lost: false, taken: true };
  const statement = statementOf(gateOf(), {
    evidence: [{ id: 'backup:files', title: 'Files', severity: 'ok', lines: [], facts: { copies: [{ ...copy }] } }],
  });
  const waiting: Waiting = {
    kind: 'gate',
    subject: 'switchover',
    state: 'open',
    verbs: ['approve', 'reject', 'choose'],
    statement,
    statementDigest: statementDigest(statement),
  };
  const gateAsks = "To approve, type 'gravelines'; else 'reject', 'choose', 'later':";

  /** Types these texts, each at the question that stands; one that is refused leaves the question as it is. */
  async function typed(...texts: readonly string[]) {
    const messages: string[] = [];
    const refused: string[] = [];
    const left = [...texts];
    const ask: Pick<Ask, 'question'> = {
      question: ({ message, refuse }: Question): Promise<Answer> => {
        messages.push(message);
        for (;;) {
          const text = left.shift();
          if (text === undefined) return Promise.resolve({ kind: 'interrupted' });
          const why = refuse(text);
          if (why === undefined) return Promise.resolve({ kind: 'typed', text });
          refused.push(why);
        }
      },
    };
    return { ...(await prompt(waiting, ask)), messages, refused };
  }

  test('an empty answer goes back to the question of the gate, and the prompt says so', async () => {
    const { prompted, messages, refused } = await typed('choose', '', 'gravelines');
    expect(messages).toEqual([gateAsks, expect.stringContaining('Enter alone: back to the gate'), gateAsks]);
    expect(refused).toEqual([]);
    expect(prompted).toMatchObject({ kind: 'word', word: { verb: 'approve' } });
  });

  test('the word of the gate is no copy and approves nothing; the refusal says the way back', async () => {
    const { prompted, messages, refused } = await typed('choose', 'gravelines');
    expect(refused).toEqual(['no such copy is shown: type one as listed, whole, or Enter alone to go back']);
    expect(messages).toHaveLength(2);
    expect(prompted).toEqual({ kind: 'later' });
  });

  test('a copy that is listed is chosen, with a reason', async () => {
    const named = 'files backup-odd:2026-11-20T00:00Z';
    const { prompted } = await typed('choose', named, 'the disk was read');
    expect(prompted).toMatchObject({ kind: 'word', word: { verb: 'decide', decision: 'choose', evidence: named } });
  });
});
