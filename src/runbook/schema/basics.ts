import { z } from 'zod';
import { parseDuration, parseRate, parseSize } from '../../base/duration.ts';

/** Longer than any plan: beyond it sums of milliseconds would lose their last digits. */
const longestMs = 3650 * 86_400_000;

/** Durations and sizes are written as people write them, and are milliseconds and bytes from here on. */
export const duration = z
  .string()
  .meta({ description: 'a duration, e.g. 90s, 20m, 2h, 1h 30m', examples: ['2h', '90s'] })
  .refine((text) => (parseDuration(text) ?? Infinity) <= longestMs, 'expected a duration such as 90s, 20m, 2h')
  .transform((text) => parseDuration(text) ?? 0)
  .meta({ id: 'duration', description: 'a duration, e.g. 90s, 20m, 2h, 1h 30m' });

export const size = z
  .string()
  .meta({ description: 'a size, e.g. 800 MB, 1.5 GiB', examples: ['20 GB'] })
  .refine((text) => Number.isSafeInteger(parseSize(text)), 'expected a size such as 800 MB, 20 GB')
  .transform((text) => parseSize(text) ?? 0);

export const rate = z
  .string()
  .meta({ description: 'a rate, e.g. 250 MB/s', examples: ['250 MB/s'] })
  .refine((text) => Number.isSafeInteger(parseRate(text)), 'expected a rate such as 250 MB/s')
  .transform((text) => parseRate(text) ?? 0);

/** Names that appear in states, tokens, file names and commands: kept to what is safe in all of them. */
export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected a name of lower-case letters, digits and hyphens, e.g. copy-files')
  .meta({ description: 'lower-case letters, digits and hyphens' });

export const ipAddress = z
  .union([z.ipv4(), z.ipv6()], { error: 'expected an IP address (names are not resolved during a disaster)' })
  .meta({ id: 'ip-address', description: 'an IP address' });

export const port = z.int().min(1).max(65535);

/** A reference to a secret: never its value. */
export const secretReference = z
  .union(
    [
      z.strictObject({ file: z.string().min(1) }),
      z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
      z.strictObject({ command: z.array(z.string()).min(1) }),
    ],
    { error: 'expected a reference to a secret: {file: …}, {env: …} or {command: […]}, never the secret itself' },
  )
  .meta({
    id: 'secret',
    description: 'where a secret is found: a file, an environment variable or the output of a command',
  });
export type SecretReference = z.output<typeof secretReference>;

export const argv = z
  .array(z.string())
  .min(1)
  .meta({ id: 'argv', description: 'program and arguments, run without a shell' });

/** A path on a host: absolute, or relative to the `base` of the host. */
export const hostPath = z
  .string()
  .min(1)
  .refine((text) => !/(^|\/)\.\.(\/|$)/.test(text), "expected a path without '..'")
  .meta({ id: 'host-path', description: 'a path on the host, relative to its base folder unless absolute' });
