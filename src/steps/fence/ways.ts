import { assertNever, isDrpError, toError } from '../../base/errors.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { Argv } from '../../transports/transport.ts';
import { databaseOf } from '../remote/host-path.ts';
import { isOutOfReach } from '../remote/reachability.ts';
import { callHost, lastWords } from '../remote/read-host.ts';
import { seenFromOutside } from '../remote/seen-from-outside.ts';
import type { StepContext } from '../step-kind.ts';
import { barDatabase, openDatabase } from './database-way.ts';

export type FenceSpec = SpecOf<'fence'>;
export type Way = FenceSpec['ways'][number];

/** What one way came to: it holds, or it does not and why. */
export interface WayResult {
  readonly way: string;
  /** What was to be done, without its host: "stop on the host". */
  readonly act: string;
  readonly holds: boolean;
  readonly text: string;
  /** Database way: PUBLIC could connect before, and can no more. */
  readonly publicBarred?: boolean;
  /** Nothing was done: the host could not be reached or logged in to. */
  readonly unreachable?: { readonly host: string; readonly why: string };
}

const commandTimeoutMs = 60_000;

/** Errors that end the step, whatever other ways there are: this driver must not act at all. */
const isFinal = (thrown: unknown): boolean => isDrpError(thrown, 'claim-lost');

/** Tries one way of fencing and reads back whether it holds. Throws only claim-lost, and the signal's reason. */
export async function tryWay(way: Way, spec: FenceSpec, context: StepContext): Promise<WayResult> {
  const named = { way: wayName(way, spec, context), act: wayAct(way) };
  try {
    switch (way.way) {
      case 'host':
        return await byHost(way, spec, { context, named });
      case 'command': {
        const act = await command(context, way.host, way.run);
        const check = await command(context, way.host, way.check);
        return checked(named, act, check);
      }
      case 'database':
        return { ...named, ...(await barDatabase(context, databaseOf(context.world, way.database))) };
      default:
        return assertNever(way);
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (isFinal(thrown)) throw thrown;
    return failedWay(named, thrown);
  }
}

/** Takes one way back. `holds`: it is lifted. Throws only claim-lost, and the signal's reason. */
export async function liftWay(way: Way, spec: FenceSpec, context: StepContext): Promise<WayResult> {
  const named = { way: wayName(way, spec, context), act: wayAct(way) };
  try {
    if (way.way === 'database') {
      return { ...named, ...(await openDatabase(context, databaseOf(context.world, way.database), way.database)) };
    }
    if (way.undo === undefined) return { ...named, holds: true, text: 'nothing to undo is named' };
    const host = way.way === 'command' ? way.host : context.world.service[spec.side].host;
    const act = await command(context, host, way.undo);
    return { ...named, holds: act.exitCode === 0, text: act.text };
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (isFinal(thrown)) throw thrown;
    return failedWay(named, thrown);
  }
}

/** A way that came to nothing. */
export function failedWay(named: Pick<WayResult, 'way' | 'act'>, thrown: unknown): WayResult {
  const result = { ...named, holds: false, text: toError(thrown).message };
  if (!isOutOfReach(thrown) || !isDrpError(thrown)) return result;
  const { host, reason } = thrown.details;
  return { ...result, unreachable: { host: String(host), why: String(reason ?? thrown.message) } };
}

function wayAct(way: Way): string {
  if (way.way === 'host') return 'stop on the host';
  return way.way === 'command' ? (way.title ?? 'command') : `database ${way.database}`;
}

/** What a way is called in words. */
export function wayName(way: Way, spec: FenceSpec, context: Pick<StepContext, 'world'>): string {
  switch (way.way) {
    case 'host':
      return `host ${context.world.service[spec.side].host}`;
    case 'command':
      return `${way.title ?? 'command'} on ${way.host}`;
    case 'database':
      return `database ${way.database}`;
    default:
      return assertNever(way);
  }
}

async function byHost(
  way: Extract<Way, { way: 'host' }>,
  spec: FenceSpec,
  at: { readonly context: StepContext; readonly named: Pick<WayResult, 'way' | 'act'> },
): Promise<WayResult> {
  const { context, named } = at;
  const { host } = context.world.service[spec.side];
  const act = await command(context, host, way.stop);
  if (way.check !== undefined) return checked(named, act, await command(context, host, way.check));
  const sight = await seenFromOutside(context, spec.side);
  const holds = sight.kind === 'silent' || sight.kind === 'maintenance';
  return { ...named, holds, text: `${act.text}; ${sight.text}` };
}

interface Ran {
  readonly exitCode: number;
  readonly text: string;
}

/** Runs a command of the runbook on a host, behind the proofs of host and claim. */
export async function command(context: StepContext, host: string, argv: readonly string[]): Promise<Ran> {
  const claim = context.claim === undefined ? {} : { claim: context.claim };
  const [program = '', ...args] = argv;
  const whole: Argv = [program, ...args];
  const result = await callHost(context, host, { argv: whole, timeoutMs: commandTimeoutMs, ...claim });
  const words = lastWords(result.stderr);
  return {
    exitCode: result.exitCode,
    text: `'${program}' ended with ${result.exitCode}${words === '' ? '' : `: ${words}`}`,
  };
}

/** The check decides: a command that failed on what was stopped already is no failure. */
function checked(named: Pick<WayResult, 'way' | 'act'>, act: Ran, check: Ran): WayResult {
  if (check.exitCode === 0)
    return { ...named, holds: true, text: act.exitCode === 0 ? 'done and checked' : `checked (${act.text})` };
  return { ...named, holds: false, text: `${act.text}; check: ${check.text}` };
}
