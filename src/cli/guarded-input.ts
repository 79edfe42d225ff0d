import { Transform, type TransformCallback } from 'node:stream';
import { systemClock } from '../base/clock.ts';

const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';
const quietMs = 120;
const drainLimitMs = 2_000;

/** Keyboard input for one question: what was typed before it is thrown away, what is pasted never arrives. */
export interface GuardedInput {
  readonly stream: NodeJS.ReadableStream;
  /** True once after a paste was refused. */
  takePasted(): boolean;
  /** Aborts when the terminal goes away. */
  readonly gone: AbortSignal;
  /** Gives the terminal back as it was. */
  release(): void;
}

/**
 * Takes the terminal, drains type-ahead (also text without Enter, which raw mode makes readable), and asks the terminal
 * to bracket what is pasted, so that it can be told from what is typed.
 */
export async function guardInput(
  stdin: NodeJS.ReadStream,
  screen: NodeJS.WriteStream,
  options: { readonly pasteAllowed: boolean },
): Promise<GuardedInput> {
  const filter = new PasteFilter(stdin);
  const gone = new AbortController();
  let open = false;
  let lastInputMs = systemClock.nowMs();
  const onData = (chunk: Buffer | string) => {
    lastInputMs = systemClock.nowMs();
    if (open) filter.write(chunk);
  };
  const onGone = () => gone.abort(new Error('the terminal is gone'));
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.once('end', onGone);
  stdin.once('close', onGone);
  stdin.on('error', onGone); // EIO: the terminal belongs to others now
  stdin.resume();
  if (!options.pasteAllowed) screen.write('\u001b[?2004h');
  const startedMs = systemClock.nowMs();
  do {
    await systemClock.sleep(quietMs / 2);
  } while (systemClock.nowMs() - lastInputMs < quietMs && systemClock.nowMs() - startedMs < drainLimitMs);
  open = true;
  return {
    stream: filter,
    takePasted: () => filter.takePasted(),
    gone: gone.signal,
    release: () => {
      stdin.off('data', onData);
      stdin.off('end', onGone);
      stdin.off('close', onGone);
      stdin.off('error', onGone);
      if (!gone.signal.aborted) {
        screen.write('\u001b[?2004l');
        stdin.setRawMode(false);
      }
      stdin.pause();
    },
  };
}

/** Drops what stands between paste brackets, wherever chunks are cut. Looks like the terminal it reads from. */
export class PasteFilter extends Transform {
  readonly isTTY = true;
  readonly #terminal: { setRawMode?: (on: boolean) => unknown };
  #held = '';
  #inPaste = false;
  #pasted = false;

  constructor(terminal: { setRawMode?: (on: boolean) => unknown }) {
    super({ decodeStrings: false, encoding: 'utf8' });
    this.#terminal = terminal;
  }

  setRawMode(on: boolean): this {
    // Raw for the whole question, whatever readline thinks at its own end: release() gives it back.
    if (on) this.#terminal.setRawMode?.(true);
    return this;
  }

  takePasted(): boolean {
    const pasted = this.#pasted;
    this.#pasted = false;
    return pasted;
  }

  override _transform(chunk: Buffer | string, _encoding: BufferEncoding, done: TransformCallback): void {
    let text = this.#held + (typeof chunk === 'string' ? chunk : chunk.toString('utf8'));
    this.#held = '';
    let passed = '';
    while (text !== '') {
      const marker = this.#inPaste ? pasteEnd : pasteStart;
      const at = text.indexOf(marker);
      const until = at < 0 ? text.length - heldLength(text, marker) : at;
      if (!this.#inPaste) passed += text.slice(0, until);
      if (at < 0) {
        this.#held = text.slice(until);
        break;
      }
      this.#inPaste = !this.#inPaste;
      this.#pasted = true;
      text = text.slice(at + marker.length);
    }
    done(null, passed === '' ? undefined : passed);
  }
}

/** How much of the end of `text` could be the beginning of `marker`. */
function heldLength(text: string, marker: string): number {
  for (let length = Math.min(text.length, marker.length - 1); length > 0; length -= 1) {
    if (marker.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
