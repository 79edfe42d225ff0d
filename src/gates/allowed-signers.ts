import { blobOfLine } from './ssh-public-key.ts';

/** One line of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS). */
export interface AllowedSigner {
  readonly line: string;
  readonly principals: readonly string[];
  readonly blob: Buffer;
  readonly namespaces?: readonly string[];
  /** Milliseconds since 1970. */
  readonly validAfterMs?: number;
  readonly validBeforeMs?: number;
}

export interface AllowedSigners {
  readonly signers: readonly AllowedSigner[];
  /** Lines that were not taken, and why. */
  readonly notes: readonly string[];
}

/** Reads an allowed_signers text. Lines it cannot take are noted, never guessed at; certificate authorities are not supported. */
export function parseAllowedSigners(text: string): AllowedSigners {
  const signers: AllowedSigner[] = [];
  const notes: string[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const result = parseLine(line);
    if (typeof result === 'string') notes.push(`line ${index + 1}: ${result}`);
    else signers.push(result);
  }
  return { signers, notes };
}

/** True where a pattern of ssh_config(5) (`*`, `?`) covers the name. */
export function principalMatches(patterns: readonly string[], name: string): boolean {
  let matches = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    const source = (negated ? pattern.slice(1) : pattern).replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
    if (!new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name)) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
}

function parseLine(line: string): AllowedSigner | string {
  const words = splitQuoted(line);
  const principals = words.shift()?.split(',') ?? [];
  // Options come before the key, which starts with its type.
  const options = words[0] !== undefined && !isKeyType(words[0]) ? splitOptions(words.shift() ?? '') : [];
  const blob = blobOfLine(words.slice(0, 2).join(' '));
  if (blob === undefined) return 'no public key that can be read';
  let signer: AllowedSigner = { line, principals, blob };
  for (const option of options) {
    const [name = '', value = ''] = splitOnce(option, '=');
    switch (name.toLowerCase()) {
      case 'cert-authority':
        return 'cert-authority is not supported';
      case 'namespaces':
        signer = { ...signer, namespaces: value.split(',') };
        break;
      case 'valid-after':
      case 'valid-before': {
        const ms = parseTimestamp(value);
        if (ms === undefined) return `${name} '${value}' is not a time`;
        signer =
          name.toLowerCase() === 'valid-after' ? { ...signer, validAfterMs: ms } : { ...signer, validBeforeMs: ms };
        break;
      }
      default:
        return `option '${name}' is not known`;
    }
  }
  return signer;
}

function isKeyType(word: string): boolean {
  return /^(ssh-|ecdsa-sha2-|sk-)/.test(word);
}

/** Splits at white space outside double quotes; the quotes stay. */
function splitQuoted(line: string): string[] {
  return line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}

function splitOptions(text: string): string[] {
  return (text.match(/(?:"[^"]*"|[^,"])+/g) ?? []).map((option) => option.replaceAll('"', ''));
}

function splitOnce(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** `YYYYMMDD[HHMM[SS]][Z]`: with Z in UTC, else in this machine's zone, as ssh-keygen reads it. */
function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z?)$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}
