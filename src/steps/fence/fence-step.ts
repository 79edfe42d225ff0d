import { DrpError, isDrpError } from '../../base/errors.ts';
import type { EvidenceItem, ObligationDraft } from '../../events/event.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import { quote } from '../../transports/quote.ts';
import { databaseOf, hostOf } from '../remote/host-path.ts';
import { seenFromOutside } from '../remote/seen-from-outside.ts';
import { outputOf } from '../remote/step-output.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { failedLines, wayLines } from './way-lines.ts';
import { command, failedWay, liftWay, tryWay, wayName, type FenceSpec, type Way, type WayResult } from './ways.ts';

/**
 * Keeps a side from taking writes, by independent ways, all tried side by side and each read back; one that holds is
 * enough. Where none does the step still ends, with an obligation on the site: a lost host cannot hold up a recovery.
 */
export const fenceStep: StepKind<'fence'> = {
  kind: 'fence',
  describe,
  evidence: (step, spec, context) => evidence(step, spec, context),
  // Each way may be repeated: doing it again is how one finds out.
  probe: () => Promise.resolve('absent'),
  run: (step, spec, context) => (spec.do === 'lift' ? lift(step, spec, context) : fence(spec, context)),
  verify,
};

function describe(spec: FenceSpec, world: PlannedWorld): StepDescription {
  const { host } = world.service[spec.side];
  const hostOfWay = (way: Way): string =>
    way.way === 'host' ? host : way.way === 'command' ? way.host : databaseOf(world, way.database).host;
  const hosts = [...new Set([...spec.ways.map(hostOfWay), ...spec.pause.map((pause) => pause.host)])];
  const words = (at: string, argv: readonly string[] | undefined, title?: string): readonly string[] =>
    argv === undefined ? [] : [`${at}: ${title === undefined ? '' : `${title}: `}${quoted(argv)}`];
  const undo = [
    ...spec.ways.flatMap((way) =>
      way.way === 'database'
        ? [`${way.database}: let ${rolesOf(way.database, world)} in again`]
        : words(hostOfWay(way), way.undo),
    ),
    ...spec.pause.flatMap((pause) => words(pause.host, pause.undo)),
  ];
  const acts = [
    ...spec.ways.flatMap((way) => {
      if (way.way === 'host') return words(host, way.stop);
      if (way.way === 'command') return words(way.host, way.run, way.title);
      return [
        `${way.database}: alter role ${rolesOf(way.database, world)} nologin (or revoke connect), end their sessions`,
      ];
    }),
    ...spec.pause.flatMap((pause) => words(pause.host, pause.run, pause.title)),
  ];
  return {
    title: spec.title ?? (spec.do === 'lift' ? `lift the fence of ${spec.side}` : `fence ${spec.side}`),
    hosts,
    reads: [],
    writes: [`service:${spec.side}`],
    commands: spec.do === 'lift' ? undo : acts,
    verifies:
      spec.do === 'lift'
        ? 'the roles may connect again, every undo ended with 0'
        : 'the check of each way; none holds: an obligation stays on the site',
    ...(spec.do === 'fence' && undo.length > 0 ? { undo: undo.join(' && ') } : {}),
    irreversible: false,
    idempotent: true,
  };
}

const rolesOf = (database: string, world: PlannedWorld): string =>
  databaseOf(world, database).applicationRoles.join(', ');

async function fence(spec: FenceSpec, context: StepContext): Promise<StepOutcome> {
  const [ways, paused, before] = await Promise.all([
    Promise.all(spec.ways.map((way) => tryWay(way, spec, context))),
    Promise.all(spec.pause.map((pause) => pauseOne(pause, pause.run, context))),
    seenFromOutside(context, spec.side),
  ]);
  // Where no host could be reached nothing has changed since, and a dead address need not be waited for once more.
  const untouched = [...ways, ...paused].every(({ unreachable }) => unreachable !== undefined);
  const sight = untouched ? before : await seenFromOutside(context, spec.side);
  const holding = ways.filter((way) => way.holds);
  const unpaused = paused.filter((one) => !one.holds);
  const obligations: ObligationDraft[] = [
    ...(holding.length > 0 ? [] : [{ kind: 'fencing' as const, text: unfenced(spec, ways) }]),
    ...failedLines(unpaused).map((text) => ({ kind: 'cleanup' as const, text: `not at rest: ${text}` })),
  ];
  return {
    kind: 'done',
    output: {
      side: spec.side,
      fenced: holding.length > 0,
      ways: ways.map(wayJson),
      paused: paused.map(wayJson),
      seen: sight.kind,
    },
    lines: [
      ...(holding.length > 0 ? [] : [`${spec.side} could not be fenced: split writes possible`]),
      ...wayLines([...ways, ...paused]),
      `from outside: ${sight.text}`,
    ],
    obligations,
    settles: [
      ...(holding.length > 0 ? ['fencing' as const] : []),
      ...(paused.length > 0 && unpaused.length === 0 ? ['cleanup' as const] : []),
    ],
  };
}

async function lift(step: PlannedStep, spec: FenceSpec, context: StepContext): Promise<StepOutcome> {
  const pauses = spec.pause.flatMap((pause) =>
    pause.undo === undefined ? [] : [pauseOne(pause, pause.undo, context)],
  );
  const results = await Promise.all([...spec.ways.map((way) => liftWay(way, spec, context)), ...pauses]);
  const failed = results.filter((result) => !result.holds);
  if (failed.length > 0) {
    const reason = failedLines(failed).join('; ');
    return { kind: 'failed', error: new DrpError('step-failed', { step: step.id, reason }) };
  }
  return {
    kind: 'done',
    output: { side: spec.side, lifted: results.map(wayJson) },
    lines: results.map((result) => `${result.way}: ${result.text}`),
  };
}

type Pause = FenceSpec['pause'][number];

async function pauseOne({ host, title }: Pause, argv: readonly string[], context: StepContext): Promise<WayResult> {
  const act = title ?? shortened(quoted(argv));
  const named = { way: `${act} on ${host}`, act };
  try {
    const ran = await command(context, host, argv);
    return { ...named, holds: ran.exitCode === 0, text: ran.text };
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (isDrpError(thrown, 'claim-lost')) throw thrown;
    return failedWay(named, thrown);
  }
}

const unfenced = (spec: FenceSpec, ways: readonly WayResult[]): string =>
  `${spec.side} could not be fenced: split writes possible (${failedLines(ways).join('; ')})`;

const quoted = ([program = '', ...args]: readonly string[]): string => quote([program, ...args]);
const shortened = (words: string): string => (words.length > 80 ? `${words.slice(0, 79)}…` : words);

const wayJson = ({ way, act, holds, text, publicBarred, unreachable }: WayResult) => ({
  way,
  act,
  holds,
  text,
  ...(unreachable === undefined ? {} : { unreachable }),
  ...(publicBarred === true ? { publicBarred } : {}),
});

async function evidence(step: PlannedStep, spec: FenceSpec, context: StepContext): Promise<readonly EvidenceItem[]> {
  const output = outputOf(context, step.id);
  const sight = await seenFromOutside(context, spec.side);
  const base = { id: `fence:${step.id}`, title: `fencing of ${spec.side}` };
  if (output === undefined || spec.do === 'lift') {
    const lines = [
      `from outside: ${sight.text}`,
      ...spec.ways.map((way) => `to be ${spec.do === 'lift' ? 'lifted' : 'tried'}: ${wayName(way, spec, context)}`),
    ];
    return [{ ...base, severity: 'ok', lines, facts: { seen: sight.kind } }];
  }
  const fenced = output['fenced'] === true;
  // Declared lost, nobody expects to reach it; else somebody has to say why users may be sent away from a living side.
  const { datacentre } = hostOf(context.world, context.world.service[spec.side].host);
  const lost = context.facts.situation?.lost.includes(datacentre) === true;
  const ways = Array.isArray(output['ways']) ? output['ways'] : [];
  const lines = wayLines(ways.filter(isWay));
  return [
    {
      ...base,
      severity: fenced ? (sight.kind === 'serves' ? 'attention' : 'ok') : lost ? 'attention' : 'red',
      lines: [
        ...(fenced ? [] : [`${spec.side} could not be fenced: split writes possible`]),
        ...lines,
        `from outside: ${sight.text}`,
      ],
      choice: fenced ? 'fenced' : 'not fenced',
      facts: { seen: sight.kind },
    },
  ];
}

function isWay(value: unknown): value is WayResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'way' in value &&
    'act' in value &&
    'holds' in value &&
    'text' in value
  );
}

async function verify(step: PlannedStep, spec: FenceSpec, context: StepContext): Promise<readonly string[]> {
  const sight = await seenFromOutside(context, spec.side);
  const wanted = spec.do === 'lift' ? sight.kind !== 'silent' : sight.kind !== 'serves' && sight.kind !== 'broken';
  if (wanted) return [`from outside: ${sight.text}`];
  throw new DrpError('postcondition-failed', { step: step.id, reason: `from outside: ${sight.text}` });
}
