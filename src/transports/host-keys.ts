import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Key type → algorithms to ask for. RSA keys sign with SHA-2 only; the key itself is still called ssh-rsa. */
export const algorithmsByType: ReadonlyMap<string, readonly ServerHostKeyAlgorithm[]> = new Map([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]);

/** `SHA256:…` of a key written `TYPE BASE64` or given as its bytes: what ssh-keygen -lf prints. */
export function fingerprint(key: string | Uint8Array): string {
  const bytes = typeof key === 'string' ? keyBytes(key) : key;
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}

/** True when these key bytes are one of the pinned keys. No pins: never. */
export function isPinned(pins: readonly string[], bytes: Uint8Array): boolean {
  return pins.some((pin) => Buffer.compare(keyBytes(pin), bytes) === 0);
}

/**
 * Host key algorithms to offer, in the order of the pins: a host pinned by one type must not look changed because it
 * prefers to show another. Empty: none of the pins is of a type that ssh2 can check.
 */
export function hostKeyAlgorithms(pins: readonly string[]): readonly ServerHostKeyAlgorithm[] {
  return [...new Set(pins.flatMap((pin) => algorithmsByType.get(pin.trim().split(/\s+/)[0] ?? '') ?? []))];
}

function keyBytes(key: string): Buffer {
  return Buffer.from(key.trim().split(/\s+/)[1] ?? '', 'base64');
}
