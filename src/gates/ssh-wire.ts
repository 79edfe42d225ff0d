/** Why SSH data is refused; turned into a DrpError where it is known what the data was. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Reads SSH's binary encoding (RFC 4251 section 5), strictly: nothing short, nothing left over. */
export class WireReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  raw(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new WireError('it is cut short');
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }

  byte(): number {
    return this.raw(1).readUInt8();
  }

  number(): number {
    return this.raw(4).readUInt32BE();
  }

  bytes(): Buffer {
    return this.raw(this.number());
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  end(): void {
    if (this.#position !== this.#bytes.length) throw new WireError('something follows its end');
  }

  rest(): Buffer {
    return this.raw(this.#bytes.length - this.#position);
  }
}

export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function wireBytes(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
  return Buffer.concat([wireNumber(bytes.length), bytes]);
}

/** A number as SSH writes it: no leading zeros, one zero byte before a set top bit. */
export function wireInteger(value: Uint8Array): Buffer {
  return wireBytes(signed(value));
}

/** A DER SEQUENCE of two INTEGERs: how OpenSSL wants an ECDSA signature. */
export function derPair(first: Uint8Array, second: Uint8Array): Buffer {
  const body = Buffer.concat([derInteger(first), derInteger(second)]);
  return Buffer.concat([Buffer.from([0x30]), derLength(body.length), body]);
}

export function withoutLeadingZeros(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start += 1;
  return Buffer.from(value.subarray(start));
}

function signed(value: Uint8Array): Buffer {
  const bare = withoutLeadingZeros(value);
  return ((bare[0] ?? 0) & 0x80) === 0 ? bare : Buffer.concat([Buffer.from([0]), bare]);
}

function derInteger(value: Uint8Array): Buffer {
  const bytes = signed(value);
  return Buffer.concat([Buffer.from([0x02]), derLength(bytes.length), bytes]);
}

function derLength(length: number): Buffer {
  return length < 128 ? Buffer.from([length]) : Buffer.from([0x81, length]);
}
