import { randomBytes } from 'node:crypto';

/** Source of names that must not collide; tests bring their own. */
export interface Ids {
  /** A run: short enough to say on the phone, unique enough for one organisation's life, e.g. `k3f9-2a7m`. */
  run(): string;
  /** 128 random bits in hex: makes a statement unlike every other. */
  nonce(): string;
}

// No 0/o, 1/l/i, u/v: read over the phone at night.
const alphabet = '23456789abcdefghjkmnpqrstwxyz';

export const randomIds: Ids = {
  run: () => {
    const letters = Array.from(randomBytes(8), (byte) => alphabet[byte % alphabet.length] ?? 'x').join('');
    return `${letters.slice(0, 4)}-${letters.slice(4)}`;
  },
  nonce: () => randomBytes(16).toString('hex'),
};
