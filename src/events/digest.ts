import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';

/** SHA-256 in hex of exact bytes (text as UTF-8). */
export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 in hex of the canonical JSON of a value. Throws not-canonical. */
export function digestOf(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}
