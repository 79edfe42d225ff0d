import { homedir } from 'node:os';
import { isDrpError } from '../base/errors.ts';
import type { Statement } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import { printableLine } from '../views/escape.ts';
import type { Answer, Ask } from './ask.ts';
import { atHome } from './host-targets.ts';
import type { Io } from './io.ts';
import { findHand, type Hand } from './sign-word.ts';

/** A gate that no OS user passes without a key: what is typed without one would be refused. */
export function needsSignature({ policy }: Statement): boolean {
  return policy.strength !== 'os-user';
}

/** A gate that the person who started the run, or an OS user alone, cannot pass: somebody may sign at this terminal. */
export function wantsSignature(statement: Statement): boolean {
  const { policy } = statement;
  return needsSignature(statement) || policy.notTheStarter || policy.approvals > 1;
}

/**
 * Asks somebody at this terminal for the key to sign with, and shows whose it is; nothing is signed yet. A key that will
 * not do is said so and asked for again.
 */
export async function askHand(context: {
  readonly io: Io;
  readonly ask: Ask;
  readonly plan: Plan;
  readonly signal: AbortSignal;
}): Promise<Hand | Exclude<Answer, { kind: 'typed' }>> {
  const { io, ask, plan, signal } = context;
  for (;;) {
    const answer = await ask.question({
      message: "Whose key? A private key file, or 'agent' for a key of the SSH agent:",
      refuse: (text) => (text === '' ? "name a file, or type 'agent'" : undefined),
      signal,
      pasteAllowed: true,
    });
    if (answer.kind !== 'typed') return answer;
    try {
      const hand = await findHand(answer.text === 'agent' ? { agent: true } : { key: atHome(answer.text, homedir()) }, {
        plan,
        env: io.env,
      });
      const { name, roles } = plan.world.people[hand.person] ?? { name: hand.person, roles: [] };
      io.stderr.write(`Key ${hand.signer.fingerprint} is that of ${printableLine(name)} (${roles.join(', ')})\n`);
      return hand;
    } catch (error) {
      if (!isDrpError(error)) throw error;
      io.stderr.write(`${io.style.bad(printableLine(error.message))}\n  HINT: ${printableLine(error.hint)}\n`);
    }
  }
}
