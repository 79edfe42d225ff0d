import { DrpError, isDrpError } from '../base/errors.ts';
import type { Identity } from '../events/event.ts';
import type { Person } from '../runbook/schema/world.ts';
import { parseAllowedSigners, principalMatches, type AllowedSigner } from './allowed-signers.ts';
import { parseSignedText, type SignedText } from './approval.ts';
import { blobOfLine } from './ssh-public-key.ts';
import { approvalNamespace, verifySignature, type SignatureFacts } from './sshsig.ts';
import type { Word } from './word.ts';

export interface PeopleContext {
  /** People frozen with the plan, by name. */
  readonly people: Readonly<Record<string, Person>>;
  /** allowed_signers text frozen with the plan: where given, it alone says whose keys are good and when. */
  readonly allowedSigners?: string;
  /** ISO instant. */
  readonly at: string;
}

/** Whose word it is, and how sure that is. */
export interface Speaker {
  readonly person: string;
  readonly identity: Identity;
  /** What was signed, where it was. */
  readonly signed?: SignedText;
}

/**
 * Who speaks: found from the signature or the OS user, never from what the word claims; a claim that differs is refused.
 * Throws person-unknown, person-ambiguous, person-mismatch, signature-invalid, key-unknown, key-not-valid-now.
 */
export function identify(word: Word, context: PeopleContext): Speaker {
  return word.signed === undefined ? byOsUser(word, context) : bySignature(word, word.signed, context);
}

/** People an OS user on the driver's machine stands for. */
export function peopleOfOsUser(people: Readonly<Record<string, Person>>, osUser: string): readonly string[] {
  return Object.keys(people).filter((name) => people[name]?.osUser === osUser);
}

/** People a key may speak for, whether or not it is valid at this moment. */
export function peopleOfKey(blob: Uint8Array, context: Omit<PeopleContext, 'at'>): readonly string[] {
  return Object.keys(context.people).filter((name) => keysOf(name, context).some((key) => key.blob.equals(blob)));
}

/** Keys a person may speak with; `invalid`: why not at this moment, `validBeforeMs`: until when. `hardware`: it lives in a token. */
export function keysOfPerson(
  person: string,
  context: PeopleContext,
): readonly { readonly hardware: boolean; readonly invalid?: string; readonly validBeforeMs?: number }[] {
  return keysOf(person, context).map((key) => {
    const invalid = invalidity(key, Date.parse(context.at));
    const hardware = / ?sk-(ssh|ecdsa)-/.test(key.line);
    const { validBeforeMs } = key;
    return {
      hardware,
      ...(invalid === undefined ? {} : { invalid }),
      ...(validBeforeMs === undefined ? {} : { validBeforeMs }),
    };
  });
}

/** Checks that a key is `person`'s and good at `at`; returns the line that allows it. Throws key-unknown, key-not-valid-now. */
export function allowedBy(
  facts: Pick<SignatureFacts, 'blob' | 'fingerprint'>,
  person: string,
  context: PeopleContext,
): string {
  const { fingerprint } = facts;
  const lines = keysOf(person, context).filter((key) => key.blob.equals(facts.blob));
  if (lines.length === 0) throw new DrpError('key-unknown', { fingerprint, who: person });
  const reasons = lines.map((line) => invalidity(line, Date.parse(context.at)));
  const good = lines[reasons.indexOf(undefined)];
  if (good !== undefined) return good.line;
  const reason = reasons.find((text) => text !== undefined);
  throw new DrpError('key-not-valid-now', { fingerprint, who: person, at: context.at, reason });
}

function byOsUser(word: Word, { people }: PeopleContext): Speaker {
  const { osUser, person } = word;
  const candidates = peopleOfOsUser(people, osUser);
  const identity: Identity = { strength: 'os-user', osUser };
  if (person !== undefined) {
    if (candidates.includes(person)) return { person, identity };
    if (people[person] === undefined) throw new DrpError('person-unknown', { who: `'${person}'` });
    throw new DrpError('person-mismatch', { who: `OS user '${osUser}'`, person });
  }
  const [only, ...more] = candidates;
  if (only === undefined) throw new DrpError('person-unknown', { who: `OS user '${osUser}'` });
  if (more.length > 0) throw new DrpError('person-ambiguous', { osUser, people: candidates.join(', ') });
  return { person: only, identity };
}

function bySignature(word: Word, { text, signature }: NonNullable<Word['signed']>, context: PeopleContext): Speaker {
  const facts = verifySignature(signature, text, approvalNamespace);
  const signed = parseSignedText(text);
  if (signed === undefined)
    throw new DrpError('signature-invalid', { reason: 'the text under it is no answer of drp' });
  const { person } = signed;
  if (context.people[person] === undefined) throw new DrpError('person-unknown', { who: `'${person}'` });
  const differs = differingField(word, signed);
  if (differs !== undefined) throw new DrpError('signature-invalid', { reason: `it was made for another ${differs}` });
  const allowed = allowedBy(facts, person, context);
  return { person, identity: signedIdentity(word, facts, allowed), signed };
}

/** A word is what its signature says; where the envelope says otherwise, somebody changed it. */
function differingField(word: Word, signed: SignedText): string | undefined {
  if (word.person !== undefined && word.person !== signed.person) return 'person';
  if (word.run !== signed.run) return 'run';
  if (word.reason !== signed.reason) return 'reason';
  if (signed.format === 'drp-approval@v1') {
    if (word.verb !== signed.decision) return 'decision';
    return word.subject === signed.gate ? undefined : 'gate';
  }
  if (word.verb !== signed.verb) return 'verb';
  if ((word.decision ?? '') !== signed.decision) return 'decision';
  if ((word.evidence ?? '') !== signed.evidence) return 'evidence';
  return word.subject === signed.subject ? undefined : 'subject';
}

function signedIdentity(word: Word, facts: SignatureFacts, allowed: string): Identity {
  return {
    strength: strengthShown(facts),
    ...(word.osUser === '' ? {} : { osUser: word.osUser }),
    fingerprint: facts.fingerprint,
    signature: word.signed?.signature ?? '',
    signed: word.signed?.text ?? '',
    allowedBy: allowed,
  };
}

/** What a signature shows of its key. A hardware key nobody touched is a key like any other. */
export function strengthShown({ hardware, touched, verified }: SignatureFacts): Identity['strength'] {
  if (!hardware || !touched) return 'ssh-key';
  return verified ? 'hardware-key-pin' : 'hardware-key';
}

function keysOf(person: string, context: Omit<PeopleContext, 'at'>): readonly AllowedSigner[] {
  const known = context.people[person];
  if (known === undefined) return [];
  if (context.allowedSigners !== undefined) {
    const names = [person, ...(known.contact === undefined ? [] : [known.contact])];
    return parseAllowedSigners(context.allowedSigners).signers.filter((signer) =>
      names.some((name) => principalMatches(signer.principals, name)),
    );
  }
  return known.keys.flatMap((line) => {
    const blob = blobOfLine(line);
    return blob === undefined ? [] : [{ line, blob, principals: [person] }];
  });
}

function invalidity(signer: AllowedSigner, atMs: number): string | undefined {
  if (signer.namespaces !== undefined && !principalMatches(signer.namespaces, approvalNamespace)) {
    return `it is not allowed for ${approvalNamespace}`;
  }
  if (signer.validAfterMs !== undefined && atMs < signer.validAfterMs) return 'it is not valid yet';
  if (signer.validBeforeMs !== undefined && atMs >= signer.validBeforeMs) return 'it has expired';
  return undefined;
}

/** True for the errors `identify` throws on purpose: answers to the speaker, not failures of drp. */
export function isRefusal(error: unknown): error is DrpError {
  return isDrpError(error) && error.code !== 'internal';
}
