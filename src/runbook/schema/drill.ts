import { z } from 'zod';
import { argv, duration, name, port } from './basics.ts';

/** What may have happened, as an exercise supposes it. */
export const scenarioNames = ['fire', 'water', 'network', 'datacentre'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

const scenario = z.strictObject({
  /** Datacentres the exercise takes as lost; absent: that of production. */
  lost: z.array(name).optional(),
  /** What the people who walk it are told beside. */
  notes: z.string().optional(),
});

/**
 * How `drp drill` serves the restored copy, so that it can be verified where it is. In the words of a command `{root}` stands
 * for the isolated folder, `{port}` for the port, `{database:NAME}` for the isolated name of a database of this runbook.
 */
export const drill = z.strictObject({
  serve: z
    .strictObject({
      /** Of the recovery side's address; nothing live may listen there. */
      port,
      start: argv,
      /** Exits 0 while the copy is served. */
      check: argv,
      /** Ends it, also where it never came up; run again until `check` fails. */
      stop: argv,
      expect: duration.optional(),
    })
    .optional(),
  /** Pages that must answer 200 there, beside what the activation's own verification looks at. */
  paths: z.array(z.string().startsWith('/')).default([]),
  scenarios: z.partialRecord(z.enum(scenarioNames), scenario).default({}),
});
export type DrillSettings = z.output<typeof drill>;
