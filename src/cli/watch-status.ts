import type { VerbAnswer } from './io.ts';

/** What one look saw of the run that is watched. */
export interface WatchedRun {
  readonly run: string;
  /** Its last event's hash. */
  readonly head: string;
  readonly ended: boolean;
}

/** How a watch looks and shows; `Seen` is whatever one look answers. */
export interface Watch<Seen> {
  /** At the run named; else at the one under way, else at the latest. Looks anew each time, also whether the journal is there now. */
  look(run: string | undefined): Promise<Seen>;
  /** Undefined: no run was ever begun. */
  runOf(seen: Seen): WatchedRun | undefined;
  /** Draws it, or says it once more. `idle`: no run is under way, the next one is waited for. */
  show(seen: Seen, state: { readonly idle: boolean; readonly changed: boolean }): Promise<void>;
  /** The last word about a run that has ended, or whose reader is gone. */
  answer(seen: Seen): Promise<VerbAnswer>;
  readerGone(): boolean;
  /** Until the next look. */
  pause(): Promise<void>;
}

/**
 * Watches a run to its end. `named`: this one, also where it has ended already; else the one under way, and where there is
 * none, the next one that begins: whoever opens this beforehand must not miss it. A run that begins before the watched one
 * has ended (an activation goes before a drill) is watched behind it.
 */
export async function watchRun<Seen>(named: string | undefined, watch: Watch<Seen>): Promise<VerbAnswer> {
  let watched = named;
  let shown: string | undefined;
  for (;;) {
    let seen = await watch.look(watched);
    let run = watch.runOf(seen);
    if (watched !== undefined && run?.ended !== false) {
      const next = named === undefined ? await watch.look(undefined) : seen;
      if (watch.runOf(next)?.ended !== false) return await watch.answer(seen);
      seen = next;
      run = watch.runOf(next);
    }
    if (run?.ended === false) watched = run.run;
    const head = run?.head ?? '';
    await watch.show(seen, { idle: run?.ended !== false, changed: head !== shown });
    shown = head;
    if (watch.readerGone()) return await watch.answer(seen);
    await watch.pause();
  }
}
