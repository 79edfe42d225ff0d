/** Collects the first bytes of a stream and counts the rest, so that a chatty command cannot fill the memory. */
export interface CappedOutput {
  add(chunk: Uint8Array): void;
  text(encoding: 'utf8' | 'latin1'): string;
  /** The last bytes seen, kept or dropped. */
  tail(): Buffer;
  readonly truncated: boolean;
}

/** Bytes kept where a caller names no limit. */
const defaultOutputBytesMax = 1024 * 1024;

const tailBytes = 256;

/** An empty collector for at most `bytesMax` bytes. */
export function cappedOutput(bytesMax: number = defaultOutputBytesMax): CappedOutput {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let seen = 0;
  let tail = Buffer.alloc(0);
  return {
    add: (chunk) => {
      const part = chunk.subarray(0, Math.max(0, bytesMax - kept));
      if (part.length > 0) chunks.push(part);
      kept += part.length;
      seen += chunk.length;
      tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes);
    },
    text: (encoding) => Buffer.concat(chunks).toString(encoding),
    tail: () => tail,
    get truncated() {
      return seen > kept;
    },
  };
}
