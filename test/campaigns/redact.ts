import { Secret } from '../../src/base/secret.ts';
import { createRedaction } from '../../src/steps/remote/redact.ts';
import { below, type Campaign, type CampaignOptions, type Failure } from './campaign.ts';
import { runWithCanary } from './redact-run.ts';

/**
 * Two parts. `streams`: a canary in every encoding, in a stream cut at every pair of places. `runs`: real runs over a real
 * sshd whose step prints its canary in every encoding, reports it, fails with it and shows it as evidence; then the
 * journal's files, everything a screen was told, and the process list of the machine are searched.
 */
export const campaign: Campaign = {
  name: 'redact',
  promise:
    'no secret a step has read is in the journal, in what is kept of outputs, on the terminal, or in the process list',
  run: async (options) => {
    const streams = cutStreams(options);
    const failures: Failure[] = [...streams.failures];
    const runs = options.short ? 1 : 10;
    let sightings = 0;
    let processes = 0;
    for (let done = 0; done < runs; done += 1) {
      const canary = canaryOf(options.random);
      const seen = await runWithCanary(canary, encodings(canary), options.random);
      failures.push(...seen.failures.map((failure) => ({ ...failure, case: `run ${done}: ${failure.case}` })));
      sightings += seen.redacted;
      processes += seen.processes;
    }
    return {
      cases: streams.cases + runs,
      failures,
      figures: { streams: streams.cases, runs, marksInJournals: sightings, processesSeen: processes },
    };
  },
};

/** 12 to 40 characters, with whatever encodings treat in their own way, and not to be met by chance. */
function canaryOf(random: () => number): string {
  const special = `"'\\/+ $%&=?#:;<>|*!~\`(){}[]@ö€`;
  const length = 12 + below(random, 28);
  const any = (): string => {
    const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
    const from = random() < 0.3 ? special : letters;
    return from[below(random, from.length)] ?? 'x';
  };
  return `K${Array.from({ length }, any).join('')}9`;
}

/** Name → what must never be seen. */
function encodings(canary: string): ReadonlyMap<string, string> {
  const base64 = (before: number): string => {
    // What the canary alone decides, wherever it starts in the encoded bytes.
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(canary)]);
    return bytes.toString('base64').slice(before === 0 ? 0 : before + 1, Math.floor((bytes.length * 8) / 6));
  };
  return new Map([
    ['raw', canary],
    ['json', JSON.stringify(canary).slice(1, -1)],
    ['url', encodeURIComponent(canary)],
    ['base64', base64(0)],
    ['base64 from byte 1', base64(1)],
    ['base64 from byte 2', base64(2)],
    ['shell', canary.replaceAll("'", "'\\''")],
  ]);
}

function cutStreams({ short, random, shard }: CampaignOptions): {
  readonly cases: number;
  readonly failures: Failure[];
} {
  const failures: Failure[] = [];
  let cases = 0;
  for (let canaries = short ? 1 : 12; canaries > 0; canaries -= 1) {
    const canary = canaryOf(random);
    if (canaries % shard.of !== shard.index - 1) continue;
    const redaction = createRedaction();
    redaction.add(new Secret('env CANARY', canary));
    for (const [name, spelled] of encodings(canary)) {
      const text = `before ${spelled}${canary.slice(0, 5)} and ${spelled}`;
      for (let one = 0; one <= text.length; one += 1) {
        for (let two = one; two <= text.length; two += 1) {
          const stream = redaction.stream();
          const kept = [text.slice(0, one), text.slice(one, two), text.slice(two)].map((piece) => stream.push(piece));
          const out = kept.join('') + stream.end();
          cases += 1;
          if (out.includes(spelled) || out.includes(canary))
            failures.push({ case: `${name} cut at ${one} and ${two}`, why: `${JSON.stringify(canary)} came through` });
          if (out !== `before [secret env CANARY]${canary.slice(0, 5)} and [secret env CANARY]`)
            failures.push({ case: `${name} cut at ${one} and ${two}`, why: `it became ${JSON.stringify(out)}` });
        }
      }
    }
  }
  return { cases, failures };
}
