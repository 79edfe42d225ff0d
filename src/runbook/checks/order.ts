import { blockOf, isBefore, textOf, type Outline, type OutlineStep } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';
import { stepKinds } from '../schema/steps.ts';
import { suggestion } from '../spelling.ts';

interface Link {
  readonly from: OutlineStep;
  /** Key, below the step, that names the other. */
  readonly key: readonly string[];
  readonly names: string;
  readonly expected: string;
  readonly matches: (step: OutlineStep) => boolean;
  readonly nameOf: (step: OutlineStep) => string;
  /** The two must be about the same database. */
  readonly sameDatabase: boolean;
}

/** Steps that take up what another left: it exists, is of the right kind, comes first, and is about the same database. */
export function checkOrder(outline: Outline): readonly Finding[] {
  return outline.steps.flatMap((step) => linksOf(step).flatMap((link) => problemOf(outline, link)));
}

function linksOf(step: OutlineStep): readonly Link[] {
  const database = (key: readonly string[], what: string, sameDatabase: boolean): Link => ({
    from: step,
    key,
    names: textOf(key.reduce<unknown>((value, part) => blockOf(value)[part], step.data)),
    expected: `a step 'kind: database, do: ${what}'`,
    matches: (other) => other.kind === 'database' && other.data['do'] === what,
    nameOf: (other) => other.id,
    sameDatabase,
  });
  const links: Link[] = [];
  if (step.kind === 'database' && step.data['do'] === 'import') links.push(database(['fetch'], 'fetch', true));
  if (step.kind === 'database' && step.data['do'] === 'switch') links.push(database(['import'], 'import', true));
  if (step.kind === 'database' && step.data['do'] === 'fetch') links.push(database(['from', 'dump'], 'dump', false));
  if (step.kind === 'ticket') {
    links.push({
      from: step,
      key: ['follows'],
      names: textOf(step.data['follows']),
      expected: 'the milestone of a ticket step',
      matches: (other) => other.kind === 'ticket',
      nameOf: (other) => textOf(other.data['milestone']),
      sameDatabase: false,
    });
  }
  return links.filter((link) => link.names !== '');
}

function problemOf(outline: Outline, link: Link): readonly Finding[] {
  const { from, names } = link;
  const problem = (message: string): readonly Finding[] => [
    { path: [...from.path, ...link.key], at: 'value', message },
  ];
  const others = outline.stepsOf(from.procedure);
  const named = others.filter((step) => link.nameOf(step) === names && (link.matches(step) || step.kind !== 'ticket'));
  const target = named.find(link.matches);
  const halfWritten = others.some(
    (step) =>
      (step.kind === 'ticket' && link.matches(step) && link.nameOf(step) === '') ||
      (step.id === names && !isKnownKind(step)),
  );
  if (target === undefined && halfWritten) return [];
  if (target === undefined) {
    const known = others.filter(link.matches).map(link.nameOf);
    const found = named.length > 0 ? `'${names}' is another kind of step` : `no '${names}' in ${from.procedure}`;
    return problem(`${found}: expected ${link.expected} (${suggestion(names, known)})`);
  }
  if (target === from) return problem(`'${names}' is this very step: expected one before it`);
  const circle = circleFrom(outline, from);
  if (circle !== undefined) {
    // Said once, at the step of the circle that stands first.
    return circle[0] === from ? problem(`a circle: ${circle.map((step) => step.id).join(' → ')} → ${from.id}`) : [];
  }
  if (!isBefore(target, from))
    return problem(`'${names}' does not come before this step: move it to an earlier phase, or up in this lane`);
  if (link.sameDatabase && !isAboutSame(others, target, from)) {
    return problem(
      `'${names}' is about database '${textOf(target.data['database'])}', this step about '${textOf(from.data['database'])}'`,
    );
  }
  return [];
}

function isAboutSame(steps: readonly OutlineStep[], target: OutlineStep, from: OutlineStep): boolean {
  const database = (step: OutlineStep): string => textOf(step.data['database']);
  if (database(target) === database(from)) return true;
  // Where the target already differs from what it takes up itself, the mistake is there.
  return linksOf(target).some(
    (link) =>
      link.sameDatabase &&
      steps.some((step) => link.matches(step) && step.id === link.names && database(step) === database(from)),
  );
}

function isKnownKind(step: OutlineStep): boolean {
  return step.kind !== 'database' ? stepKinds.includes(step.kind) : databaseActs.includes(textOf(step.data['do']));
}

const databaseActs: readonly string[] = ['fetch', 'import', 'switch', 'dump'];

/** The steps of the circle that `start` is part of, beginning with the one that stands first; undefined: there is none. */
function circleFrom(outline: Outline, start: OutlineStep): readonly OutlineStep[] | undefined {
  const steps = outline.stepsOf(start.procedure);
  const targetsOf = (step: OutlineStep): readonly OutlineStep[] =>
    linksOf(step).flatMap((link) => steps.filter((other) => link.matches(other) && link.nameOf(other) === link.names));
  const walk = (chain: readonly OutlineStep[]): readonly OutlineStep[] | undefined => {
    for (const next of targetsOf(chain.at(-1) ?? start)) {
      if (next === start) return chain;
      const found = chain.includes(next) ? undefined : walk([...chain, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const circle = walk([start]);
  if (circle === undefined) return undefined;
  const firstIndex = steps.findIndex((step) => circle.includes(step));
  const offset = circle.findIndex((step) => step === steps[firstIndex]);
  return [...circle.slice(offset), ...circle.slice(0, offset)];
}
