import { z } from 'zod';
import { DrpError } from '../base/errors.ts';
import { readSource } from './source.ts';

const instant = z
  .string()
  .refine((text) => instantOf(text) !== undefined, 'expected an instant with its zone, e.g. 2026-11-03T01:00Z')
  .transform((text) => instantOf(text) ?? text);

const outagesSchema = z.strictObject({
  /** Times without service that no run is about. */
  outages: z
    .array(
      z.strictObject({
        from: instant,
        to: instant.optional(),
        what: z.string().default('told in the file'),
        planned: z.boolean().default(false),
        announced: instant.optional(),
      }),
    )
    .default([]),
  /** When the planned stop of a return was announced, by run. */
  announced: z.record(z.string(), instant).default({}),
  rules: z
    .strictObject({
      noticeWorkingDays: z.int().min(0).optional(),
      plannedPerQuarter: z.int().min(0).optional(),
      promise: z.string().optional(),
    })
    .default({}),
  holidays: z.array(z.string().regex(/^\d{4}-\d\d-\d\d$/, 'expected a day such as 2026-12-25')).default([]),
});
/** Outages, announcements and rules that the journal does not hold. */
export type OutageFile = z.output<typeof outagesSchema>;

/** The same, with the way back to the place of an announcement: `file:line:column` of the run it names. */
export interface OutagesRead {
  readonly told: OutageFile;
  placeOf(run: string): string;
}

/** Reads a file of outages. Throws wrong-usage with every problem and its place. */
export function readOutages(text: string, file: string): OutagesRead {
  const source = readSource(text, file);
  const result = outagesSchema.safeParse(source.data ?? {});
  const found = result.success
    ? []
    : result.error.issues.map(({ path, message }) => {
        const keys = path.filter((key) => typeof key !== 'symbol');
        const at = keys.length === 0 ? 'the file' : keys.join('.');
        return { message: `${at}: ${message.replace(/^Invalid input: /, '')}`, file, ...source.locate(keys, 'value') };
      });
  const problems = [...source.problems, ...found];
  if (problems.length > 0 || !result.success) {
    const what = problems.map((one) => `${file}:${one.line ?? 1}: ${one.message}`).join('; ');
    throw new DrpError('wrong-usage', { what, command: 'sla' });
  }
  const placeOf = (run: string): string => {
    const { line, column } = source.locate(['announced', run], 'key');
    return `${file}:${line}:${column}`;
  };
  return { told: result.data, placeOf };
}

/** `2026-11-03T01:00Z`, or a day (its beginning, UTC) → ISO UTC. An instant without a zone is none: whose would it be? */
export function instantOf(text: string): string | undefined {
  const form = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;
  const ms = form.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
