import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verbLines } from '../../src/cli/overview.ts';
import type { Verb } from '../../src/cli/verb.ts';

const root = join(import.meta.dirname, '../..');
const verbs = new Map<string, Command>();
for (const name of verbLines.flatMap(([, lines]) => lines.map(([verb]) => verb))) {
  const { verb } = (await import(`../../src/cli/verbs/${name}.ts`)) as { verb: Verb };
  const command = new Command(name);
  verb(command, { io: undefined as never, action: () => async () => undefined });
  verbs.set(name, command);
}
/** Taken by every verb. */
const common = ['--journal', '--json', '--no-color', '--help', '--version'];
const word = String.raw`(?:--[a-z-]+|\{\w*\}|'[^']*'|"[^"]*"|[\w~/-]+(?:[.:|][\w~/-]+)*)`;
const spelt = new RegExp(String.raw`drp (?:--)?[a-z][a-z-]*(?: ${word})*`, 'g');

/** Behind a colon or quote all the same: words of a sentence, a title, a mark on a database. */
const prose: readonly string[] = ['asks', 'closes', 'import', 'runbook', 'was'];

/** What is wrong with a command as it is spelt; undefined: it can be typed, placeholders filled in. */
function wrong(text: string): string | undefined {
  const [, name = '', ...rest] = text.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  if (name.startsWith('--')) return common.includes(name) ? undefined : `no option ${name}`;
  const verb = verbs.get(name);
  if (prose.includes(name)) return undefined;
  if (verb === undefined) return `no verb ${name}`;
  const sub = verb.commands.find((one) => one.name() === rest[0]);
  if (verb.commands.length > 0 && sub === undefined) return rest[0] === '--help' ? undefined : `no ${name} ${rest[0]}`;
  return wrongArguments(sub ?? verb, sub === undefined ? rest : rest.slice(1));
}

function wrongArguments(command: Command, words: readonly string[]): string | undefined {
  if (words.includes('--help')) return undefined;
  const given: string[] = [];
  const named = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const one = words[at] ?? '';
    if (!one.startsWith('--')) given.push(one);
    else if (!common.includes(one) || one === '--journal') {
      const option = command.options.find(({ long }) => long === one);
      if (option === undefined && one !== '--journal') return `no option ${one}`;
      named.add(one);
      if (option === undefined || option.required || (option.optional && !words[at + 1]?.startsWith('-'))) at += 1;
      while (option?.variadic === true && at + 1 < words.length && !words[at + 1]?.startsWith('--')) at += 1;
    }
  }
  const missing = command.options.find(({ mandatory, long }) => mandatory && !named.has(long ?? ''));
  if (missing !== undefined) return `needs ${missing.long ?? ''}`;
  const places = command.registeredArguments;
  const lacking = places.find(({ required }, at) => required && given[at] === undefined);
  if (lacking !== undefined) return `needs <${lacking.name()}>`;
  if (given.length > places.length) return `takes no '${given.at(-1) ?? ''}'`;
  const other = places.find(({ argChoices }, at) => {
    // `retry|skip`: one of several. In capitals or braces: a placeholder.
    const chosen = given[at]?.split('|').filter((one) => /^[a-z]/.test(one)) ?? [];
    return argChoices !== undefined && !chosen.every((one) => argChoices.includes(one));
  });
  return other === undefined ? undefined : `no ${other.name()} of that name`;
}

const faults = (where: string, texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].flatMap((text) => {
    const fault = wrong(text.replace(/[.:]+$/, ''));
    return fault === undefined ? [] : [`${where}: ${text}: ${fault}`];
  });

describe('a command that is named can be typed', () => {
  test('in hints, messages and examples: the verb is there, with its options, and nothing it needs is left out', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const found = files.flatMap((file) => {
      const text = readFileSync(join(root, 'src', file), 'utf8')
        .replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
        .replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '{x}');
      // Behind a colon, or where a text begins: elsewhere `drp` is a word of the sentence.
      const starts = [...text.matchAll(/(?:: |["'`$] ?)(?=drp [a-z-])/g)].map((match) => match.index + match[0].length);
      return faults(
        file,
        starts.flatMap((start) => text.slice(start).match(spelt)?.[0] ?? []),
      );
    });
    expect(found).toEqual([]);
  });

  test.each(['README.md', 'CONTRIBUTING.md', 'docs/operations.md', 'docs/life-of-a-step.md', 'docs/architecture.md'])(
    'in %s',
    (file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const quoted = [...text.matchAll(/`(drp [^`]*)`/g), ...text.matchAll(/^(drp .*)$/gm)].map((match) => match[1]);
      expect(
        faults(
          file,
          quoted.flatMap((command) => command?.match(spelt)?.[0] ?? []),
        ),
      ).toEqual([]);
    },
  );
});
