import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DrpError, toError } from '../base/errors.ts';
import { readAtMost } from '../base/read-at-most.ts';
import { Secret } from '../base/secret.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import { atHome } from './host-targets.ts';

const commandLimitMs = 15_000;
const bytesMax = 64 * 1024;

export interface SecretsDeps {
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths of secrets start at the folder of the runbook. */
  readonly runbookFile: string;
}

/**
 * Reads secrets when a step needs them, never earlier, and never keeps one. Throws secret-unreadable: not there, empty,
 * or a file that others may read.
 */
export function createSecrets(deps: SecretsDeps): (reference: SecretReference) => Promise<Secret> {
  return async (reference) => {
    const name = referenceText(reference);
    const value = await readSecret(reference, deps).catch((thrown: unknown) => {
      throw new DrpError('secret-unreadable', { reference: name, reason: toError(thrown).message }, { cause: thrown });
    });
    const text = value.replace(/\r?\n$/, '');
    if (text === '') throw new DrpError('secret-unreadable', { reference: name, reason: 'it is empty' });
    return new Secret(name, text);
  };
}

function readSecret(reference: SecretReference, deps: SecretsDeps): Promise<string> {
  if ('file' in reference) {
    return readPrivateFile(resolve(dirname(deps.runbookFile), atHome(reference.file, homedir())));
  }
  if ('env' in reference) {
    const value = deps.env[reference.env];
    return value === undefined ? Promise.reject(new Error('it is not set')) : Promise.resolve(value);
  }
  return commandOutput(reference.command);
}

async function readPrivateFile(file: string): Promise<string> {
  const { mode, size } = await stat(file);
  const bits = mode & 0o777;
  if ((bits & 0o077) !== 0) {
    throw new Error(`others may read it (mode ${bits.toString(8).padStart(4, '0')}): chmod 600 ${file}`);
  }
  if (size > bytesMax) throw new Error(`it is ${size} bytes, no secret is that long`);
  return (await readAtMost(file, bytesMax)).toString('utf8');
}

async function commandOutput(command: readonly string[]): Promise<string> {
  const [program = '', ...args] = command;
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: commandLimitMs, maxBuffer: bytesMax });
    return stdout;
  } catch (cause) {
    // What the command printed may hold the secret: only how it ended is told.
    const { code } = cause as { readonly code?: unknown };
    throw new Error(`the command ended with ${String(code ?? 'no answer in time')}`, { cause });
  }
}

/** How a secret is named in messages. */
function referenceText(reference: SecretReference): string {
  if ('file' in reference) return `file ${reference.file}`;
  if ('env' in reference) return `env ${reference.env}`;
  return `command ${reference.command[0] ?? ''}`;
}
