import type { Socket } from 'node:net';

/** What a pump asks before each piece it moves. */
export interface Traffic {
  readonly frozen: boolean;
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

export interface Pump {
  /** Looks at the traffic rules again. */
  wake(): void;
}

interface Piece {
  readonly bytes: Buffer;
  readonly at: number;
}

const maxWaitingBytes = 1024 * 1024;

/**
 * Moves bytes one way, with back-pressure. While nothing waits and no rule slows it, a piece is written as it comes;
 * otherwise pieces wait in order, and the source is paused once a megabyte waits (a second's worth where the rate is limited).
 */
export function createPump(
  ends: { source: Socket; sink: Socket },
  traffic: () => Traffic,
  moved: (bytes: number) => void,
): Pump {
  const { source, sink } = ends;
  const waiting: Piece[] = [];
  let waitingBytes = 0;
  let ended = false;
  let freeAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const write = (bytes: Buffer): void => {
    if (!sink.destroyed) sink.write(bytes);
    moved(bytes.length);
  };
  const readyAt = (piece: Piece): number =>
    Math.max(piece.at + traffic().delayMs, traffic().bytesPerSecond > 0 ? freeAt : 0);
  const advance = (): void => {
    clearTimeout(timer);
    for (let piece = waiting[0]; piece !== undefined; piece = waiting[0]) {
      if (traffic().frozen || sink.writableNeedDrain) return settle();
      const waitMs = readyAt(piece) - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(advance, waitMs);
        return settle();
      }
      waiting.shift();
      waitingBytes -= piece.bytes.length;
      const rate = traffic().bytesPerSecond;
      if (rate > 0) freeAt = Math.max(freeAt, performance.now() - 100) + (piece.bytes.length / rate) * 1_000;
      write(piece.bytes);
    }
    settle();
  };
  const settle = (): void => {
    const rate = traffic().bytesPerSecond;
    const limit = rate > 0 ? Math.min(rate, maxWaitingBytes) : maxWaitingBytes;
    if (traffic().frozen || waitingBytes > limit || (waiting.length === 0 && sink.writableNeedDrain)) source.pause();
    else source.resume();
    if (ended && waiting.length === 0 && !traffic().frozen && !sink.destroyed) sink.end();
  };

  source.on('data', (bytes: Buffer) => {
    const { frozen, delayMs, bytesPerSecond } = traffic();
    if (!frozen && delayMs === 0 && bytesPerSecond === 0 && waiting.length === 0 && !sink.writableNeedDrain) {
      write(bytes);
      if (sink.writableNeedDrain) source.pause();
      return;
    }
    const at = performance.now();
    const size = bytesPerSecond > 0 ? Math.max(1, Math.ceil(bytesPerSecond / 20)) : bytes.length;
    for (let offset = 0; offset < bytes.length; offset += size)
      waiting.push({ bytes: bytes.subarray(offset, offset + size), at });
    waitingBytes += bytes.length;
    advance();
  });
  source.on('end', () => {
    ended = true;
    advance();
  });
  // A source that has ended and closed may still have pieces waiting for their time: only a sink that is gone ends the wait.
  source.on('close', () => {
    if (!ended || sink.destroyed) clearTimeout(timer);
  });
  sink.on('close', () => {
    clearTimeout(timer);
  });
  sink.on('drain', advance);
  return { wake: advance };
}
