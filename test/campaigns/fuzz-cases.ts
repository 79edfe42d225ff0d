import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDrpError } from '../../src/base/errors.ts';
import { verifySignature } from '../../src/gates/sshsig.ts';
import { verdictText, verifyExport } from '../../src/journal/verify.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { sampleExport } from '../journal/sample-run.ts';
import { pick, randomFrom } from './campaign.ts';
import { mutateBytes, mutateText } from './mutations.ts';
import { goodSignatures, signedMessage } from './signatures.ts';

export const fuzzKinds = ['runbook', 'journal', 'signature'] as const;
export type FuzzKind = (typeof fuzzKinds)[number];

/** Runs the case of this number; the reason where it does not hold. Throws only where the product does. */
export type FuzzCase = (seed: number, index: number) => string | undefined;

/** Longest time one case may take, ms. */
export const caseLimitMs = 1_000;

export async function fuzzCaseOf(kind: FuzzKind): Promise<FuzzCase> {
  switch (kind) {
    case 'runbook':
      return runbookCase();
    case 'journal':
      return journalCase(await sampleExport());
    case 'signature':
      return signatureCase();
  }
}

/** One case has its own generator: it can be run again alone. */
const randomOf = (seed: number, index: number): (() => number) => randomFrom(Math.imul(seed ^ 0x9e3779b9, 31) + index);

/** A runbook, or problems that each have a place in the text; never both, never neither, never an exception. */
function runbookCase(): FuzzCase {
  const folder = join(import.meta.dirname, '../../runbooks');
  const whole = ['gravelines', 'reference'].map((name) => readFileSync(join(folder, `${name}.yaml`), 'utf8'));
  // Whole runbooks take long to check: most cases change a part of one, which goes the same ways through the reader.
  const parts = whole.flatMap((text) => text.split(/^(?=[a-z][\w-]*:)/m)).filter((part) => part.length < 6_000);
  return (seed, index) => {
    const random = randomOf(seed, index);
    const base =
      random() < 0.01 ? pick(random, whole) : pick(random, parts) + (random() < 0.3 ? pick(random, parts) : '');
    const text = mutateText(random, base, parts);
    const { runbook, problems } = parseRunbook(text, { file: 'site.yaml' });
    if (runbook !== undefined) return problems.length === 0 ? undefined : 'a runbook and problems';
    if (problems.length === 0) return 'neither a runbook nor a problem';
    const lines = text.split(/\r\n|\n|\r/).length;
    for (const { message, file, line = 0, column = 0 } of problems) {
      if (message.trim() === '' || file !== 'site.yaml') return 'a problem without words or file';
      if (line < 1 || line > lines || column < 1) return `a problem at ${line}:${column} of ${lines} lines: ${message}`;
      if (/undefined|\[object|TypeError|Cannot read/.test(message) && !/undefined/.test(text))
        return `a problem says: ${message}`;
    }
    return undefined;
  };
}

/** A changed export is never good, and the verdict says how far it is. */
function journalCase(good: string): FuzzCase {
  const lines = good.split('\n');
  return (seed, index) => {
    const random = randomOf(seed, index);
    const mutated =
      random() < 0.5 ? Buffer.from(mutateText(random, good, lines)) : mutateBytes(random, Buffer.from(good));
    if (mutated.equals(Buffer.from(good))) return undefined;
    const verdict = verifyExport(mutated);
    if (verdict.good) return 'a changed journal was called good';
    if (verdict.problems.some(({ message }) => message.trim() === '')) return 'a problem without words';
    return verdictText(verdict).includes(`good up to event ${verdict.upToSeq} of `)
      ? undefined
      : 'no word of how far it is good';
  };
}

/** A changed signature, or a changed text under it, is refused with the reason. */
function signatureCase(): FuzzCase {
  const good = goodSignatures();
  return (seed, index) => {
    const random = randomOf(seed, index);
    const { type, armor } = pick(random, good);
    const blob = blobOf(armor);
    const way = random();
    let changed = { armor, message: signedMessage };
    if (way < 0.45) changed = { ...changed, armor: armorOf(mutateBytes(random, blob)) };
    else if (way < 0.9)
      changed = {
        ...changed,
        armor: mutateText(
          random,
          armor,
          good.map((one) => one.armor),
        ),
      };
    else changed = { ...changed, message: mutateText(random, signedMessage, [signedMessage]) };
    // Line breaks in the armour are not part of the signature; another signer's whole signature is a good one.
    if (changed.message === signedMessage && good.some((one) => sameSignature(changed.armor, one.armor)))
      return undefined;
    try {
      verifySignature(changed.armor, changed.message);
      return `a changed ${type} signature was accepted`;
    } catch (thrown) {
      if (!isDrpError(thrown, 'signature-invalid')) throw thrown;
      return /undefined|TypeError|Cannot/.test(thrown.message) ? `refused with: ${thrown.message}` : undefined;
    }
  };
}

const begin = '-----BEGIN SSH SIGNATURE-----\n';
const end = '\n-----END SSH SIGNATURE-----';

function blobOf(armor: string): Buffer {
  return Buffer.from(armor.trim().slice(begin.length, -end.length).replaceAll('\n', ''), 'base64');
}

function armorOf(blob: Buffer): string {
  return `${begin}${blob
    .toString('base64')
    .replace(/.{1,70}/g, '$&\n')
    .trimEnd()}${end}\n`;
}

function sameSignature(one: string, other: string): boolean {
  const bare = (armor: string): string => armor.replaceAll(/[\r\n]/g, '').trim();
  return bare(one) === bare(other);
}
