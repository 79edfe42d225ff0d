import { blockOf, textOf, textsOf, type Block, type Outline } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';
import { suggestion } from '../spelling.ts';

const known = ['root', 'port'];

/** What a drill serves its copy with stands for something, on a port that nothing live has; what it supposes lost is there. */
export function checkDrill(outline: Outline): readonly Finding[] {
  const drill = blockOf(outline.data['drill']);
  const serve = blockOf(drill['serve']);
  return [
    ...['start', 'check', 'stop'].flatMap((key) => unknownWords(outline, serve, key)),
    ...takenPort(outline, serve),
    ...unknownDatacentres(outline, blockOf(drill['scenarios'])),
  ];
}

function unknownWords(outline: Outline, serve: Block, key: string): readonly Finding[] {
  const section = outline.section('databases');
  const databases = [...(section?.keys() ?? [])];
  return textsOf(serve[key]).flatMap((word, index) =>
    [...word.matchAll(/\{([^{}]*)\}/g)].flatMap(([, name = '']): readonly Finding[] => {
      const database = /^database:(.+)$/.exec(name)?.[1];
      const fits =
        database === undefined ? known.includes(name) : section === undefined || databases.includes(database);
      if (fits) return [];
      const hint =
        database === undefined
          ? 'expected {root}, {port} or {database:NAME}'
          : `'${database}' is none of databases: ${suggestion(database, databases)}`;
      return [{ path: ['drill', 'serve', key, index], at: 'value', message: `{${name}} stands for nothing: ${hint}` }];
    }),
  );
}

function takenPort(outline: Outline, serve: Block): readonly Finding[] {
  const { port } = serve;
  const recovery = blockOf(blockOf(outline.data['service'])['recovery']);
  const host = textOf(recovery['host']);
  const databases = [...(outline.section('databases') ?? [])]
    .filter(([, database]) => textOf(database['host']) === host)
    .map(([name, database]): readonly [unknown, string] => [database['port'], `database '${name}'`]);
  const live = [
    [recovery['port'], 'the recovery site'],
    [outline.section('hosts')?.get(host)?.['port'], 'SSH'],
    ...databases,
  ];
  const hit = typeof port === 'number' ? live.find(([one]) => one === port) : undefined;
  if (hit === undefined) return [];
  const message = `${String(port)} is the port of ${String(hit[1])} on '${host}': expected one where nothing live listens`;
  return [{ path: ['drill', 'serve', 'port'], at: 'value', message }];
}

function unknownDatacentres(outline: Outline, scenarios: Block): readonly Finding[] {
  const datacentres = outline.section('datacentres');
  if (datacentres === undefined) return [];
  const names = [...datacentres.keys()];
  return Object.entries(scenarios).flatMap(([scenario, told]) =>
    textsOf(blockOf(told)['lost']).flatMap((name, index): readonly Finding[] =>
      names.includes(name)
        ? []
        : [
            {
              path: ['drill', 'scenarios', scenario, 'lost', index],
              at: 'value',
              message: `'${name}' is none of datacentres: ${suggestion(name, names)}`,
            },
          ],
    ),
  );
}
