import { branchesOf, commonStepKeys, resolve, type JsonSchema } from './json-schema.ts';

interface Row {
  readonly key: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: string;
  readonly text: string;
}

/** The reference page of the runbook: every key with its type, default and meaning, from the described schema. */
export function referencePage(schema: JsonSchema): string {
  const sections = Object.entries(schema.properties ?? {}).filter(([key]) => !['activation', 'return'].includes(key));
  const simple = sections.filter(([, part]) => !isBlock(part, schema));
  return [
    '# Runbook reference',
    'Made from the schema and `runbooks/reference.yaml` by `npm run docs:generate`; do not edit.',
    'A runbook is one YAML file a site, `SITE.yaml`. `drp plan --site SITE` reads it and shows every problem at once, with ' +
      'file, line and column. Keys in bold must be there. Editors complete keys where the file begins with ' +
      '`# yaml-language-server: $schema=runbook.schema.json`.',
    '## Values',
    values,
    '## The file itself',
    table(simple.map(([key, part]) => rowOf(key, part, { required: schema.required ?? [], root: schema }))),
    ...sections.filter(([, part]) => isBlock(part, schema)).flatMap(([key, part]) => section(key, part, schema)),
    ...(['activation', 'return'] as const).flatMap((key) => procedure(key, schema)),
    ...stepSections(schema),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

const values = [
  '| written as | means |',
  '| --- | --- |',
  '| duration | `90s`, `20m`, `2h`, `1h 30m`, `1d` |',
  '| name | lower-case letters, digits and hyphens, begins with a letter |',
  '| IP address | never a host name: there may be no resolver on the day |',
  '| path | on a host, relative to its `base` unless absolute; no `..` |',
  '| argv | program and arguments as a list, run without a shell |',
  '| secret | `{ file: … }`, `{ env: … }` or `{ command: […] }`: where a secret is found, never the secret itself |',
].join('\n');

function section(key: string, part: JsonSchema, root: JsonSchema): readonly string[] {
  const entry = entryOf(part);
  const title = entry === undefined ? `## ${key}` : `## ${key}.NAME`;
  const rows = branchTables(entry ?? part, root);
  return [title, part.description ?? '', ...rows].filter((text) => text !== '');
}

/** One table for a plain block; one for each form where the block has several. */
function branchTables(part: JsonSchema, root: JsonSchema): readonly string[] {
  const branches = branchesOf(part, root);
  if (branches.length === 1 && branches[0] !== undefined) return [table(rowsOf(branches[0], '', root))];
  return branches.flatMap((branch) => [`### ${constantsOf(branch)}`, table(rowsOf(branch, '', root))]);
}

function procedure(key: 'activation' | 'return', root: JsonSchema): readonly string[] {
  const part = root.properties?.[key];
  if (part === undefined) return [];
  return [`## ${key}`, part.description ?? '', table(rowsOf(part, '', root))];
}

function stepSections(root: JsonSchema): readonly string[] {
  const branches = branchesOf({ $ref: '#/$defs/step' }, root);
  const first = branches[0];
  if (first === undefined) return [];
  const common = rowsOf(first, '', root).filter((row) => commonStepKeys.includes(row.key));
  return [
    '## Steps',
    'Keys of every step (a gate has only `id`, `kind` and `title` of them):',
    table(
      common.map((row) =>
        row.key === 'kind' ? { ...row, text: 'Says which other keys the step has.', type: 'one of those below' } : row,
      ),
    ),
    ...branches.flatMap((branch) => [
      `### ${constantsOf(branch)}`,
      branch.properties?.['kind']?.description ?? '',
      table(
        rowsOf(branch, '', root).filter(
          (row) => !commonStepKeys.includes(row.key) && branch.properties?.[row.key]?.const === undefined,
        ),
      ),
    ]),
  ].filter((text) => text !== '');
}

/** `kind: database, do: fetch`. */
function constantsOf(branch: JsonSchema): string {
  const constants = Object.entries(branch.properties ?? {}).filter(([, part]) => part.const !== undefined);
  return constants.map(([key, part]) => `\`${key}: ${String(part.const)}\``).join(', ');
}

function rowsOf(block: JsonSchema, prefix: string, root: JsonSchema): readonly Row[] {
  const required = block.required ?? [];
  return Object.entries(block.properties ?? {}).flatMap(([key, part]) => {
    const name = `${prefix}${key}`;
    return [
      rowOf(name, part, { required: required.includes(key) ? [name] : [], root }),
      ...nestedRows(name, part, root),
    ];
  });
}

function nestedRows(name: string, part: JsonSchema, root: JsonSchema): readonly Row[] {
  if (part.$ref !== undefined) return [];
  const entry = entryOf(part);
  const inner = part.items ?? entry ?? part;
  if (inner.$ref !== undefined) return [];
  const prefix = part.items !== undefined ? `${name}[].` : entry !== undefined ? `${name}.NAME.` : `${name}.`;
  const seen = new Set<string>();
  return branchesOf(inner, root)
    .flatMap((branch) => {
      const constant = constantsOf(branch);
      return rowsOf(branch, prefix, root).map((row) =>
        constant === '' ? row : { ...row, text: `${row.text} (${constant})` },
      );
    })
    .filter((row) => {
      const twice = seen.has(`${row.key} ${row.text}`);
      seen.add(`${row.key} ${row.text}`);
      return !twice;
    });
}

function rowOf(
  key: string,
  part: JsonSchema,
  block: { readonly required: readonly string[]; readonly root: JsonSchema },
): Row {
  return {
    key,
    type: typeText(part, block.root),
    required: block.required.includes(key) && part.default === undefined,
    fallback: part.default === undefined ? '' : `\`${JSON.stringify(part.default).replaceAll('"', '')}\``,
    text: part.description ?? '',
  };
}

const names: Readonly<Record<string, string>> = {
  '#/$defs/duration': 'duration',
  '#/$defs/ip-address': 'IP address',
  '#/$defs/secret': 'secret',
  '#/$defs/host-path': 'path',
  '#/$defs/argv': 'argv',
  '#/$defs/phase': 'steps, or lanes of steps',
  '#/$defs/step': 'step',
};

function typeText(part: JsonSchema, root: JsonSchema): string {
  if (part.$ref !== undefined) return names[part.$ref] ?? 'block';
  if (part.const !== undefined) return `\`${String(part.const)}\``;
  if (part.enum !== undefined) return part.enum.map((value) => `\`${String(value)}\``).join(', ');
  const branches = part.anyOf ?? part.oneOf;
  if (branches !== undefined) {
    const kinds = [...new Set(branches.map((branch) => typeText(branch, root)))];
    return kinds.join(' or ');
  }
  if (part.items !== undefined) return `list of ${typeText(part.items, root)}`;
  if (part.type === 'object') return entryOf(part) === undefined ? 'block' : 'block of named entries';
  if (part.type === 'integer') return 'whole number';
  if (part.type === 'boolean') return '`true`, `false`';
  return part.type === 'string' ? 'text' : (part.type ?? 'any');
}

function entryOf(part: JsonSchema): JsonSchema | undefined {
  return typeof part.additionalProperties === 'object' ? part.additionalProperties : undefined;
}

function isBlock(part: JsonSchema, root: JsonSchema): boolean {
  return resolve(part, root).type === 'object';
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ key, type, required, fallback, text }) => {
    const name = required ? `**\`${key}\`**` : `\`${key}\``;
    return `| ${[name, type, fallback, text].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n');
}
