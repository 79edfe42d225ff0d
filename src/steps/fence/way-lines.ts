import type { WayResult } from './ways.ts';

/** Ways to one host that was out of reach, said once; every other way by itself. */
interface Said {
  readonly ways: readonly WayResult[];
  readonly unreachable?: NonNullable<WayResult['unreachable']>;
}

/** What the ways came to, in lines. A host that cannot be reached is named once, with all that could not be done there. */
export function wayLines(results: readonly WayResult[]): readonly string[] {
  return gathered(results).map(({ ways, unreachable }) =>
    unreachable === undefined
      ? ways.map((way) => `${way.holds ? 'holds' : 'does not hold'}: ${way.way}: ${way.text}`).join('; ')
      : silence(unreachable, ways),
  );
}

/** The same for those that do not hold, as an obligation keeps them. */
export function failedLines(results: readonly WayResult[]): readonly string[] {
  return gathered(results.filter((way) => !way.holds)).map(({ ways, unreachable }) =>
    unreachable === undefined ? ways.map((way) => `${way.way}: ${way.text}`).join('; ') : silence(unreachable, ways),
  );
}

function silence({ host, why }: NonNullable<WayResult['unreachable']>, ways: readonly WayResult[]): string {
  return `${host} cannot be reached: ${why}; so not: ${ways.map((way) => way.act).join(', ')}`;
}

function gathered(results: readonly WayResult[]): readonly Said[] {
  const said: Said[] = [];
  for (const way of results) {
    const { unreachable } = way;
    const at = said.findIndex((one) => one.unreachable !== undefined && one.unreachable.host === unreachable?.host);
    const before = said[at];
    if (before === undefined) said.push({ ways: [way], ...(unreachable === undefined ? {} : { unreachable }) });
    else said[at] = { ...before, ways: [...before.ways, way] };
  }
  return said;
}
