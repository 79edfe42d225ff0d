import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Pair } from 'yaml';
import { z } from 'zod';
import { runbookSchema } from '../schema/runbook.ts';

/** The part of JSON Schema that the runbook's schema uses. */
export interface JsonSchema {
  $ref?: string;
  $schema?: string;
  $defs?: Record<string, JsonSchema>;
  title?: string;
  description?: string;
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
}

/** Keys any step has: explained once, at the first step that has them. */
export const commonStepKeys: readonly string[] = ['id', 'kind', 'title', 'expect', 'retries', 'backoff', 'skippable'];

/**
 * The JSON schema of a runbook, every key explained by the comment it has in the reference runbook. `undescribed` lists
 * keys without one: a key that nobody explained is a key nobody will find.
 */
export function describedSchema(referenceText: string): {
  readonly schema: JsonSchema;
  readonly undescribed: readonly string[];
} {
  const schema = z.toJSONSchema(runbookSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: keepDefault,
  }) as JsonSchema;
  schema.title = 'drp runbook';
  const described = new Set<JsonSchema>();
  annotate(schema, referenceText, described);
  shareBetweenSteps(schema, described);
  return { schema, undescribed: undescribedKeys(schema, described) };
}

/** The branches of a union, unions within unions taken apart; a schema that is no union is its own branch. */
export function branchesOf(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  const resolved = resolve(schema, root);
  const branches = resolved.anyOf ?? resolved.oneOf;
  return branches === undefined ? [resolved] : branches.flatMap((branch) => branchesOf(branch, root));
}

export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  return name === undefined ? schema : (root.$defs?.[name] ?? schema);
}

/** zod leaves out defaults of what it transforms; inside drp those are milliseconds, and must read as people write them. */
function keepDefault({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const { def } = zodSchema._zod;
  if (def.type !== 'default' || jsonSchema.default !== undefined) return;
  const value = def.defaultValue;
  if (typeof value === 'number') jsonSchema.default = durationText(value);
}

function durationText(ms: number): string {
  const [size, unit] = (
    [
      [3_600_000, 'h'],
      [60_000, 'm'],
      [1000, 's'],
    ] as const
  ).find(([unitMs]) => ms % unitMs === 0) ?? [1, 'ms'];
  return `${ms / size}${unit}`;
}

function annotate(schema: JsonSchema, text: string, described: Set<JsonSchema>): void {
  const lines = text.split('\n');
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const commentOf = (pair: Pair): string => {
    const offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    return commentAbove(lines, counter.linePos(offset).line);
  };
  const describe = (property: JsonSchema, pair: Pair): void => {
    const comment = described.has(property) ? '' : commentOf(pair);
    if (comment === '') return;
    property.description = comment;
    described.add(property);
  };
  const walkPair = (pair: Pair, part: JsonSchema): void => {
    const property = part.properties?.[isScalar(pair.key) ? String(pair.key.value) : ''];
    if (property !== undefined) describe(property, pair);
    const below = property ?? (typeof part.additionalProperties === 'object' ? part.additionalProperties : {});
    walk(pair.value, branchesOf(below, schema));
  };
  const walk = (node: unknown, candidates: readonly JsonSchema[]): void => {
    if (isSeq(node)) {
      const ofItems = candidates.flatMap((part) => branchesOf(part.items ?? {}, schema));
      for (const item of node.items) walk(item, ofItems);
    }
    if (!isMap(node)) return;
    const data = node.toJSON() as Record<string, unknown>;
    for (const part of candidates.filter((candidate) => fits(candidate, data)))
      for (const pair of node.items) walkPair(pair, part);
  };
  walk(document.contents, branchesOf(schema, schema));
}

/** Comment lines right above a line, or above the `- ` it begins. */
function commentAbove(lines: readonly string[], line: number): string {
  const found: string[] = [];
  for (let index = line - 2; index >= 0; index -= 1) {
    const match = /^\s*# (.*)$/.exec(lines[index] ?? '');
    if (match === null) break;
    found.unshift(match[1] ?? '');
  }
  return found.join(' ');
}

/** Could this branch of a union be what the data is: every key known, every key that must be there is, constants equal. */
function fits(schema: JsonSchema, data: Record<string, unknown>): boolean {
  const { properties } = schema;
  if (properties === undefined) return schema.type === 'object';
  const keys = Object.keys(data);
  return (
    keys.every((key) => Object.hasOwn(properties, key)) &&
    (schema.required ?? []).every((key) => keys.includes(key)) &&
    Object.entries(properties).every(([key, part]) => part.const === undefined || data[key] === part.const)
  );
}

/** What is explained at one kind of step holds for the others that have it: keys all have, and those of the same kind. */
function shareBetweenSteps(schema: JsonSchema, described: Set<JsonSchema>): void {
  const branches = branchesOf({ $ref: '#/$defs/step' }, schema);
  for (const branch of branches) {
    for (const [key, property] of Object.entries(branch.properties ?? {})) {
      if (described.has(property)) continue;
      const sameKind = branches.filter(
        (other) => other.properties?.['kind']?.const === branch.properties?.['kind']?.const,
      );
      const others = commonStepKeys.includes(key) && key !== 'kind' ? branches : sameKind;
      const explained = others
        .map((other) => other.properties?.[key])
        .find((other) => other !== undefined && described.has(other));
      if (explained?.description === undefined) continue;
      property.description = explained.description;
      described.add(property);
    }
  }
}

function undescribedKeys(schema: JsonSchema, described: ReadonlySet<JsonSchema>): readonly string[] {
  const missing: string[] = [];
  everySchema(schema, (part, path) => {
    for (const [key, property] of Object.entries(part.properties ?? {})) {
      // A way or kind is explained where it is first used; its other constants need no word of their own.
      if (!described.has(property) && property.const === undefined) missing.push(`${path}.${key}`);
    }
  });
  return missing;
}

function everySchema(schema: JsonSchema, visit: (part: JsonSchema, path: string) => void, path = ''): void {
  visit(schema, path);
  const below: readonly (readonly [string, JsonSchema])[] = [
    ...Object.entries(schema.$defs ?? {}),
    ...Object.entries(schema.properties ?? {}),
    ...(schema.anyOf ?? []).map((part, index) => [String(index), part] as const),
    ...(schema.oneOf ?? []).map((part, index) => [String(index), part] as const),
    ...(schema.items === undefined ? [] : [['[]', schema.items] as const]),
    ...(typeof schema.additionalProperties === 'object' ? [['*', schema.additionalProperties] as const] : []),
  ];
  for (const [key, part] of below) everySchema(part, visit, `${path}.${key}`);
}
