import { canonicalJson } from '../../src/events/canonical.ts';
import { sha256Hex } from '../../src/events/digest.ts';
import { anchorText, renderExport } from '../../src/journal/export.ts';
import type { StoredLine } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { verdictText, verifyExport, type JournalVerdict } from '../../src/journal/verify.ts';
import { sampleExport } from '../journal/sample-run.ts';
import { below, type Campaign, type CampaignOptions, type Failure } from './campaign.ts';
import { longExport } from './long-run.ts';

/**
 * Somebody changes an exported journal: by accident (bits, bytes, torn ends), or on purpose and knowing the format (a
 * record cut short with a fitting trailer; an event changed and every hash after it made anew). The anchor is the final
 * head as a ticket carries it.
 */
export const campaign: Campaign = {
  name: 'tamper',
  promise: 'every change to an exported journal is found, and the verdict says up to which event it is good',
  run: async (options) => {
    const trial = makeTrial(await sampleExport());
    const long = makeTrial(await longExport(createMemoryJournal(), options.short ? 1 : 4));
    const figures = {
      bytes: trial.bytes.length,
      events: trial.stored.length,
      longBytes: long.bytes.length,
      longEvents: long.stored.length,
      bits: flipBits(trial, options),
      inserted: insertBytes(trial, options),
      deleted: deleteBytes(trial, options),
      torn: tearEnds(trial, options),
      cut: cutRecords(trial) + cutRecords(long),
      rewritten: rewriteEvents(trial) + rewriteEvents(long),
      anyBits: flipSomeBits(long, options),
    };
    const { bits, inserted, deleted, torn, cut, rewritten, anyBits } = figures;
    return {
      cases: bits + inserted + deleted + torn + cut + rewritten + anyBits,
      failures: [...trial.failures, ...long.failures],
      figures,
    };
  },
};

interface Trial {
  readonly bytes: Buffer;
  readonly stored: readonly StoredLine[];
  readonly run: string;
  readonly anchor: string;
  /** Offset where the line of each event begins; then that of the trailer. */
  readonly starts: readonly number[];
  readonly failures: Failure[];
}

function makeTrial(text: string): Trial {
  const lines = text.split('\n').slice(0, -1);
  const stored = lines.slice(1, -1).map((line) => {
    const [, event = '', hash = ''] = /^\{"event":(\{.*\}),"hash":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
    return { line: event, hash };
  });
  const starts: number[] = [];
  let offset = 0;
  for (const line of lines) {
    offset += Buffer.byteLength(line) + 1;
    starts.push(offset);
  }
  const bytes = Buffer.from(text);
  const { head, run } = verifyExport(bytes);
  const trial: Trial = { bytes, stored, run, anchor: anchorText(run, head), starts: starts.slice(0, -1), failures: [] };
  const untouched = verifyExport(bytes, { anchors: [trial.anchor] });
  if (!untouched.good) trial.failures.push({ case: 'untouched', why: verdictText(untouched) });
  return trial;
}

/** Events that lie whole before this byte. */
function eventsBefore(trial: Trial, place: number): number {
  return Math.max(0, trial.starts.filter((start) => start <= place).length - 1);
}

/** It must be found; and `upTo`, where given, is how far the verdict must say it is good. */
function expectFound(trial: Trial, name: string, change: { readonly bytes: Uint8Array; readonly upTo?: number }): void {
  const verdict: JournalVerdict = verifyExport(change.bytes, { anchors: [trial.anchor] });
  const fail = (why: string): void => void trial.failures.push({ case: name, why });
  if (verdict.good) return fail('it was not found');
  if (change.upTo !== undefined && verdict.upToSeq !== change.upTo)
    fail(`it says good up to event ${verdict.upToSeq}, and it is good up to ${change.upTo}`);
  const named = verdictText(verdict).split('\n')[0] ?? '';
  if (!named.includes(`good up to event ${verdict.upToSeq} of `)) fail(`it is not named: ${named}`);
}

/** Up to the event in whose line the change lies; header and trailer belong to no event. */
function upToAt(trial: Trial, place: number): { readonly upTo?: number } {
  const [first = 0] = trial.starts;
  const trailer = trial.starts.at(-1) ?? 0;
  // The line feed before the trailer or after the header joins lines: what is before it may be lost with it.
  return place < first || place >= trailer - 1 ? {} : { upTo: eventsBefore(trial, place) };
}

/** One shard's part of the places, every place or (short) some. */
function* places(trial: Trial, { short, shard }: CampaignOptions, step: number): Generator<number> {
  for (let place = 0; place < trial.bytes.length; place += short ? step : 1)
    if (place % shard.of === shard.index - 1) yield place;
}

function flipBits(trial: Trial, options: CampaignOptions): number {
  let cases = 0;
  const bytes = Buffer.from(trial.bytes);
  for (const place of places(trial, options, 1)) {
    const before = bytes[place] ?? 0;
    for (let bit = 0; bit < 8; bit += 1) {
      if (options.short && bit !== place % 8) continue;
      bytes[place] = before ^ (1 << bit);
      expectFound(trial, `bit ${bit} of byte ${place}`, { bytes, ...upToAt(trial, place) });
      cases += 1;
    }
    bytes[place] = before;
  }
  return cases;
}

/** Bits anywhere in a journal too long to try them all. */
function flipSomeBits(trial: Trial, { random, short }: CampaignOptions): number {
  const cases = short ? 100 : 10_000;
  const bytes = Buffer.from(trial.bytes);
  for (let done = 0; done < cases; done += 1) {
    const [place, bit] = [below(random, bytes.length), below(random, 8)];
    const before = bytes[place] ?? 0;
    bytes[place] = before ^ (1 << bit);
    expectFound(trial, `bit ${bit} of byte ${place} of the long one`, { bytes, ...upToAt(trial, place) });
    bytes[place] = before;
  }
  return cases;
}

function insertBytes(trial: Trial, options: CampaignOptions): number {
  let cases = 0;
  // White space, digits, quotes: what a loose reader forgives.
  const inserts = options.short ? [' '] : [' ', '\n', '\r', '0', '"', '\\', ',', '\0', '\ufeff'];
  for (const place of places(trial, options, 7)) {
    for (const text of inserts) {
      // A line feed put in before a line feed leaves that line whole.
      const bytes = Buffer.concat([trial.bytes.subarray(0, place), Buffer.from(text), trial.bytes.subarray(place)]);
      expectFound(trial, `${JSON.stringify(text)} before byte ${place}`, {
        bytes,
        ...upToAt(trial, text === '\n' ? place + 1 : place),
      });
      cases += 1;
    }
  }
  return cases;
}

function deleteBytes(trial: Trial, options: CampaignOptions): number {
  let cases = 0;
  for (const place of places(trial, options, 7)) {
    const bytes = Buffer.concat([trial.bytes.subarray(0, place), trial.bytes.subarray(place + 1)]);
    expectFound(trial, `byte ${place} taken out`, { bytes, ...upToAt(trial, place) });
    cases += 1;
  }
  return cases;
}

function tearEnds(trial: Trial, options: CampaignOptions): number {
  let cases = 0;
  for (const place of places(trial, options, 7)) {
    expectFound(trial, `torn at byte ${place}`, {
      bytes: trial.bytes.subarray(0, place),
      // Without its line feed the last line is whole all the same.
      upTo: Math.min(trial.stored.length, eventsBefore(trial, place + 1)),
    });
    cases += 1;
  }
  return cases;
}

/** By somebody who knows the format: fewer events, and a trailer that fits them. Only the anchor tells. */
function cutRecords(trial: Trial): number {
  for (let kept = 0; kept < trial.stored.length; kept += 1) {
    expectFound(trial, `cut after event ${kept}`, { bytes: exportOf(trial, trial.stored.slice(0, kept)), upTo: kept });
  }
  return trial.stored.length;
}

/** One event changed, and every hash from there on made anew. Only the anchor tells. */
function rewriteEvents(trial: Trial): number {
  for (let changed = 0; changed < trial.stored.length; changed += 1) {
    let prev = changed === 0 ? '0'.repeat(64) : (trial.stored[changed - 1]?.hash ?? '');
    const forged = trial.stored.map((one, index): StoredLine => {
      if (index < changed) return one;
      const event = JSON.parse(one.line) as Record<string, never>;
      const late = index === changed ? { at: '2026-11-21T03:11:00.000Z' } : {};
      const line = canonicalJson({ ...event, prev, ...late });
      prev = sha256Hex(line);
      return { line, hash: prev };
    });
    expectFound(trial, `rewritten from event ${changed + 1}`, { bytes: exportOf(trial, forged) });
  }
  return trial.stored.length;
}

function exportOf(trial: Trial, stored: readonly StoredLine[]): Buffer {
  return Buffer.from(
    renderExport({ run: trial.run, exportedAt: '2026-11-21T05:00:00.000Z', version: '0.1.0' }, stored),
  );
}
