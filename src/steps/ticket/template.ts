import { formatDuration } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { Json } from '../../events/event.ts';
import type { StepContext } from '../step-kind.ts';

type Facts = Pick<StepContext, 'run' | 'plan' | 'world' | 'facts'>;

/** What `{name}` stands for in subject and text. Where the run does not know, the text says so: a message is never held back for it. */
const placeholders: Readonly<Record<string, (facts: Facts) => string>> = {
  run: ({ run }) => run.id,
  site: ({ run }) => run.site,
  procedure: ({ plan }) => plan.procedure,
  service: ({ world }) => world.service.name,
  url: ({ world }) => world.service.url,
  what: ({ facts }) => facts.situation?.what ?? 'not known',
  since: ({ facts }) => facts.situation?.sinceAt ?? 'not known',
  lost: ({ facts }) => (facts.situation?.lost ?? []).join(', ') || 'none',
  orderedBy: ({ facts }) => facts.situation?.orderedBy ?? 'not known',
  filesLoss: (facts) => lossOf(facts, 'files'),
  databaseLoss: (facts) => lossOf(facts, 'database'),
};

/** Throws step-invalid for a placeholder nobody fills, so that it is found when the plan is made. */
export function checkTemplate(step: string, text: string): void {
  for (const [, name = ''] of text.matchAll(/\{(\w+)\}/g)) {
    if (placeholders[name] !== undefined) continue;
    const known = Object.keys(placeholders).map((one) => `{${one}}`);
    throw new DrpError('step-invalid', { step, reason: `{${name}} stands for nothing; known are ${known.join(' ')}` });
  }
}

/** The text with what is known put in; a placeholder nobody knows stays as it is. Pure. */
export function fillTemplate(text: string, facts: Facts): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => placeholders[name]?.(facts) ?? whole);
}

/** From the chosen backup to the moment the disaster began; the worst of several of one kind. */
function lossOf({ world, facts }: Facts, kind: 'files' | 'database'): string {
  const sinceMs = Date.parse(facts.situation?.sinceAt ?? '');
  const losses = Object.entries(world.backups).flatMap(([name, backup]) => {
    const takenMs = backup.kind === kind ? takenAtMs(facts.choices[`backup:${name}`]) : Number.NaN;
    return Number.isNaN(sinceMs - takenMs) ? [] : [sinceMs - takenMs];
  });
  return losses.length === 0 ? 'not known' : formatDuration(Math.max(0, ...losses));
}

function takenAtMs(choice: Json | undefined): number {
  if (typeof choice !== 'object' || choice === null || !('takenAt' in choice)) return Number.NaN;
  return Date.parse(String(choice.takenAt));
}
