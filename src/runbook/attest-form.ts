import { z } from 'zod';
import { DrpError } from '../base/errors.ts';
import { instantOf } from './outages.ts';
import { readSource } from './source.ts';

const instant = z
  .string()
  .refine((text) => instantOf(text) !== undefined, 'expected an instant with its zone, e.g. 2026-11-21T14:31Z')
  .transform((text) => instantOf(text) ?? text);
/** YAML takes `evidence: 200` for a number. */
const text = z
  .union([z.string(), z.number()], { error: 'expected a text' })
  .transform((said) => String(said).trim())
  .refine((said) => said !== '', 'expected a few words: they go into the record');

const said = { at: instant, by: text };
const formSchema = z.strictObject({
  'drp-attest': z.literal(1, { error: 'expected 1, as a form begins: drp-attest: 1' }),
  procedure: z.enum(['activation', 'return', 'drill']).default('activation'),
  /** Of an activation that was done on paper from its beginning. */
  situation: z
    .strictObject({
      what: text,
      since: instant,
      lost: z.array(z.string()).default([]),
      orderedBy: text,
      orderedHow: text,
    })
    .optional(),
  /** The log, in the order it was done. */
  entries: z
    .array(
      z.union(
        [
          z.strictObject({ ...said, step: text, evidence: text }),
          z.strictObject({ ...said, skip: text, reason: text }),
          z.strictObject({ ...said, gate: text, reason: text }),
        ],
        { error: 'expected {step, at, by, evidence}, {skip, at, by, reason} or {gate, at, by, reason}' },
      ),
    )
    .default([]),
});
/** The log of a paper run, as it was typed in afterwards. */
export type AttestForm = z.output<typeof formSchema>;
export type AttestEntry = AttestForm['entries'][number];

/** Reads a form of `drp attest`. Throws wrong-usage with every problem and its place. */
export function parseAttestForm(source: string, file: string): AttestForm {
  const read = readSource(source, file);
  const result = formSchema.safeParse(read.data ?? {});
  // What could not be read at all lacks everything: said once is enough.
  const found =
    result.success || read.problems.length > 0
      ? []
      : result.error.issues.map(({ path, message }) => {
          const keys = path.filter((key) => typeof key !== 'symbol');
          const place = keys.length === 0 ? 'the form' : keys.join('.');
          return {
            message: `${place}: ${message.replace(/^Invalid input: /, '')}`,
            file,
            ...read.locate(keys, 'value'),
          };
        });
  const problems = [...read.problems, ...found];
  if (problems.length > 0 || !result.success) {
    const what = problems.map((one) => `${file}:${String(one.line ?? 1)}: ${one.message}`).join('; ');
    throw new DrpError('wrong-usage', { what, command: 'attest' });
  }
  return result.data;
}
