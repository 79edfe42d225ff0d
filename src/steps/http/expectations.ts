import type { Json } from '../../events/event.ts';
import { stepsOf } from '../../plan/phases.ts';
import type { Plan } from '../../plan/plan.ts';
import type { WebReply } from '../../providers/web/request-at.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { RunFacts } from '../step-kind.ts';

export type HttpSpec = SpecOf<'http'>;

/** One value the JSON body must hold. `floor`: this or more, for a side that users write to meanwhile. */
export interface Expectation {
  readonly path: string;
  readonly value: string | number | boolean;
  readonly floor: boolean;
}

/** What `$names` stand for, or which of them nothing has said yet. */
export type Resolved =
  | { readonly kind: 'resolved'; readonly expectations: readonly Expectation[] }
  | { readonly kind: 'unknown'; readonly missing: readonly string[] };

/**
 * The JSON values of a step with its references filled in from what was restored: `$rows:TABLE`, `$newest`,
 * `$newest:TABLE`, `$release`, `$site`. `>=$rows:TABLE` accepts more, and so does every count asked through the name
 * servers: users write there already.
 */
export function resolveExpectations(
  spec: HttpSpec,
  plan: Pick<Plan, 'phases' | 'procedure' | 'site'>,
  facts: Pick<RunFacts, 'outputs'>,
): Resolved {
  const missing: string[] = [];
  const expectations = Object.entries(spec.json).flatMap(([path, wanted]): Expectation[] => {
    if (typeof wanted !== 'string') return [{ path, value: wanted, floor: false }];
    const match = /^(>=)?\$(rows|newest|release|site)(?::(.+))?$/.exec(wanted);
    if (match === null) return [{ path, value: wanted, floor: false }];
    const [, atLeast, word = '', argument] = match;
    const value = word === 'site' ? plan.site : restored(plan, facts, { word, argument });
    if (value === undefined) {
      missing.push(wanted);
      return [];
    }
    const grows = word === 'rows' || word === 'newest';
    return [{ path, value, floor: atLeast !== undefined || (grows && spec.against === 'dns') }];
  });
  return missing.length > 0 ? { kind: 'unknown', missing } : { kind: 'resolved', expectations };
}

/** A value that stands for something a restoration says: `$…`, `>=$…`. */
export function isReference(value: string | number | boolean): boolean {
  return typeof value === 'string' && /^(>=)?\$/.test(value);
}

/** The last step of the plan's order that has an answer says it: a final pass after a first one, an import after another. */
function restored(
  plan: Pick<Plan, 'phases' | 'procedure'>,
  facts: Pick<RunFacts, 'outputs'>,
  asked: { readonly word: string; readonly argument: string | undefined },
): string | number | undefined {
  const restorers = stepsOf(plan).filter(
    ({ spec }) => spec.kind === 'copy' || (spec.kind === 'database' && spec.do === 'import'),
  );
  const answers = restorers.flatMap(({ id }) => {
    const output = record(facts.outputs[id]);
    if (asked.word === 'rows') return record(output?.['rows'])?.[asked.argument ?? ''] ?? [];
    if (asked.word === 'newest' && asked.argument !== undefined)
      return record(output?.['newestBy'])?.[asked.argument] ?? [];
    return output?.[asked.word] ?? [];
  });
  const last = answers.at(-1);
  return (typeof last === 'string' && last !== '') || typeof last === 'number' ? last : undefined;
}

/** Pure: an answer against what is expected. Empty: all of it holds. */
export function judgeAnswer(spec: HttpSpec, reply: WebReply, expectations: readonly Expectation[]): readonly string[] {
  if (reply.kind === 'failed') {
    const what = {
      unreachable: 'not reachable',
      certificate: 'certificate not good',
      'timed-out': 'too late',
      cut: 'cut off',
    };
    return [`${what[reply.why]}: ${reply.reason}`];
  }
  const wrong: string[] = [];
  if (reply.status !== spec.status) wrong.push(`status ${String(reply.status)}, expected ${String(spec.status)}`);
  for (const text of spec.contains) {
    if (!reply.body.includes(text)) wrong.push(`the page does not contain '${text}'`);
  }
  if (expectations.length === 0) return wrong;
  const body = parseBody(reply.body);
  if (body === undefined) return [...wrong, 'the page is not JSON'];
  return [...wrong, ...expectations.flatMap((one) => judgeValue(one, valueAt(body, one.path)))];
}

function judgeValue(expected: Expectation, found: Json | undefined): readonly string[] {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found);
  if (found === undefined || typeof found === 'object') {
    return [`${expected.path} is ${shown}, expected ${String(expected.value)}`];
  }
  if (expected.floor ? reaches(found, expected.value) : same(found, expected.value)) return [];
  return [`${expected.path} is ${shown}, expected ${String(expected.value)}${expected.floor ? ' or more' : ''}`];
}

/** Equal, where two spellings of one instant, and a number and its text, are equal. */
function same(found: string | number | boolean, expected: string | number | boolean): boolean {
  if (String(found) === String(expected)) return true;
  const [a, b] = [instantOf(found), instantOf(expected)];
  return a !== undefined && a === b;
}

function reaches(found: string | number | boolean, floor: string | number | boolean): boolean {
  const [a, b] = [instantOf(found), instantOf(floor)];
  if (a !== undefined && b !== undefined) return a >= b;
  return Number(found) >= Number(floor);
}

function instantOf(value: string | number | boolean): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** `data.users.0.id`; a key that holds dots itself is tried whole first. */
function valueAt(body: Json, path: string): Json | undefined {
  const whole = record(body)?.[path];
  if (whole !== undefined) return whole;
  let at: Json | undefined = body;
  for (const key of path.split('.')) {
    at = Array.isArray(at) ? (at as readonly Json[])[Number(key)] : record(at)?.[key];
  }
  return at;
}

function parseBody(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // judged by the caller: 'the page is not JSON'
  }
}

function record(value: Json | undefined): Readonly<Record<string, Json>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, Json>>;
}
