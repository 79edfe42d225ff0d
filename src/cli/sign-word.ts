import type { Command } from 'commander';
import { DrpError } from '../base/errors.ts';
import { randomIds } from '../base/ids.ts';
import type { Statement } from '../events/event.ts';
import { buildApproval, signedText, type SignedText, type SignedWord } from '../gates/approval.ts';
import { peopleOfKey } from '../gates/people.ts';
import { agentSigners } from '../gates/ssh-agent.ts';
import { readKeyFile, type Signer } from '../gates/ssh-key-file.ts';
import type { Word } from '../gates/word.ts';
import type { Plan } from '../plan/plan.ts';

/** How a person signs: a key file, or a key of the agent. */
export interface SignOptions {
  readonly key?: string;
  readonly agent?: boolean;
  readonly person?: string;
}

/** Options of every verb whose word may be signed. */
export function signOptions(command: Command): Command {
  return command
    .option('--key <file>', 'sign with this SSH private key')
    .option('--agent', 'sign with a key of the SSH agent')
    .option('--person <name>', 'who you are, where key or OS user stand for several people');
}

/**
 * Signs a word where a key is given: the statement for an answer to a gate, the word itself for any other. The person is
 * the one given, else the one the key belongs to. Throws key-unreadable, person-unknown, person-ambiguous.
 */
export async function signWord(
  word: Word,
  options: SignOptions,
  context: {
    readonly plan: Plan;
    readonly statement?: Statement;
    readonly at: string;
    readonly env: NodeJS.ProcessEnv;
  },
): Promise<Word> {
  const claimed = options.person === undefined ? word : { ...word, person: options.person };
  if (options.key === undefined && options.agent !== true) return claimed;
  return signAs(word, await findHand(options, context), context);
}

/** A key and the person who signs with it. */
export interface Hand {
  readonly signer: Signer;
  readonly person: string;
}

/** The key meant by the options and whose it is. Throws key-unreadable, person-unknown, person-ambiguous. */
export async function findHand(
  options: SignOptions,
  context: { readonly plan: Plan; readonly env: NodeJS.ProcessEnv },
): Promise<Hand> {
  const signer = options.key === undefined ? await agentSigner(options, context) : readKeyFile(options.key);
  return { signer, person: ownerOf(signer, context.plan, options.person) };
}

/** The word, signed by that hand. Throws key-unreadable. */
export async function signAs(
  word: Word,
  { signer, person }: Hand,
  context: { readonly statement?: Statement; readonly at: string },
): Promise<Word> {
  const text = signedText(toSign(word, person, context));
  return { ...word, person, signed: { text, signature: await signer.sign(text) } };
}

/** Of several keys of an agent, the first that belongs to somebody of the runbook is meant. */
async function agentSigner(
  options: SignOptions,
  context: { readonly plan: Plan; readonly env: NodeJS.ProcessEnv },
): Promise<Signer> {
  const socket = context.env['SSH_AUTH_SOCK'] ?? '';
  if (socket === '') throw new DrpError('key-unreadable', { file: 'of the agent', reason: 'SSH_AUTH_SOCK is not set' });
  const signers = await agentSigners(socket);
  const known = signers.find((signer) => ownersOf(signer.publicKey, context.plan, options.person).length > 0);
  if (known === undefined) {
    const held = signers.map((signer) => signer.fingerprint).join(', ');
    throw new DrpError('person-unknown', { who: `none of the agent's keys (${held === '' ? 'it has none' : held})` });
  }
  return known;
}

function toSign(
  word: Word,
  person: string,
  context: { readonly statement?: Statement; readonly at: string },
): SignedText {
  const { reason } = word;
  if (word.verb === 'approve' || word.verb === 'reject') {
    const { statement } = context;
    if (statement === undefined)
      throw new DrpError('internal', { what: 'nothing to sign: the gate shows no statement' });
    return buildApproval(statement, { decision: word.verb, person, reason, at: context.at });
  }
  const signed: SignedWord = {
    format: 'drp-word@v1',
    run: word.run,
    verb: word.verb,
    subject: word.subject,
    decision: word.decision ?? '',
    reason,
    evidence: word.evidence ?? '',
    person,
    at: context.at,
    nonce: randomIds.nonce(),
  };
  return signed;
}

function ownersOf(blob: Uint8Array, plan: Plan, person: string | undefined): readonly string[] {
  const { people } = plan.world;
  const owners = peopleOfKey(blob, {
    people,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
  });
  return person === undefined ? owners : owners.filter((owner) => owner === person);
}

function ownerOf(signer: Signer, plan: Plan, person: string | undefined): string {
  if (person !== undefined) return person;
  const owners = ownersOf(signer.publicKey, plan, undefined);
  const [owner, second] = owners;
  if (owner === undefined) throw new DrpError('person-unknown', { who: `key ${signer.fingerprint}` });
  if (second !== undefined)
    throw new DrpError('person-ambiguous', { osUser: signer.fingerprint, people: owners.join(', ') });
  return owner;
}
