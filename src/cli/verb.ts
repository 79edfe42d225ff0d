import type { Command } from 'commander';
import type { Io, VerbAnswer } from './io.ts';

/** One verb: declares its arguments on the command and answers. Loaded on use. */
export type Verb = (command: Command, context: VerbContext) => void;

export interface VerbContext {
  readonly io: Io;
  /** Wraps what a verb does: its answer is printed, its errors are reported, its exit code kept. */
  action<Args extends unknown[]>(act: (...args: Args) => Promise<VerbAnswer>): (...args: Args) => Promise<void>;
}
