import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { cpuMs } from '../base/cpu-time.ts';

const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const problemsOf = (source: string) => parseRunbook(source, { file: 'x.yaml' }).problems;

describe('a text that is no runbook', () => {
  test.each([
    ['nothing', '', 'the file is empty'],
    ['only a comment', '# later\n', 'the file is empty'],
    ['a list', '- a\n', 'expected a block of keys, found a list'],
    ['a word', 'hello', 'expected a block of keys'],
    ['a broken quote', 'format: 1\ntitle: "x\n', 'not valid YAML'],
    ['a tab as indentation', 'hosts:\n\tlimburg: 1\n', 'not valid YAML'],
    ['two documents', `${text}\n---\nformat: 1\n`, 'not valid YAML'],
    ['a tag of a program', 'format: !!js/function 1\n', 'not valid YAML'],
    ['an alias of nothing', 'title: *nobody\n', "'*nobody'"],
    ['an alias that contains itself', 'hosts: &a\n  x: *a\n', 'contains itself'],
    ['more than 256 KB', `# ${'x'.repeat(256 * 1024)}\n`, 'larger than 256 KB'],
    ['a bottomless list', '['.repeat(100_000), 'YAML'],
    ['bytes that are no text', '\u0000\u0001', ''],
  ])('%s is a problem with a place', (_, source, message) => {
    const problems = problemsOf(source);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.message).toContain(message);
    expect(
      problems.every((problem) => (problem.line ?? 0) >= 1 && (problem.column ?? 0) >= 1 && problem.file === 'x.yaml'),
    ).toBe(true);
  });

  test('what follows from a bracket that is never closed is not told a hundred times', () => {
    const problems = problemsOf('['.repeat(20_000));
    expect(problems.length).toBeLessThanOrEqual(6);
    expect(problems.at(-1)?.message).toMatch(/mend what stands above|nested too deeply/);
  });

  test('a bomb of aliases is refused before it is unpacked', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 30; level += 1) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    let message: string | undefined;
    const spentMs = cpuMs(() => (message = problemsOf(lines.join('\n'))[0]?.message));
    expect(message).toMatch(/more than 100 aliases|alias/);
    expect(spentMs).toBeLessThan(2000);
  });

  test('keys that every object has are unknown keys like any other', () => {
    const problems = problemsOf(`${text}\n__proto__: { polluted: true }\nconstructor: 1\n`);
    expect(problems.map(({ message }) => message).join()).toContain("'constructor'");
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('whatever is done to a runbook', () => {
  test('it is read, or has problems with places; never a crash', () => {
    const lines = text.split('\n');
    const damage = fc.record({
      line: fc.nat(lines.length - 1),
      how: fc.constantFrom('delete', 'double', 'cut', 'insert', 'indent', 'null', 'swap'),
      junk: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom('[', '{', '*x', '&x', '- ', ': ', '|', '>', '!!', '"', "'", '%', '1e999', '~', '\t'),
      ),
      at: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
        const made = [...lines];
        for (const { line, how, junk, at } of damages) {
          const old = made[line] ?? '';
          if (how === 'delete') made.splice(line, 1);
          else if (how === 'double') made.splice(line, 0, old);
          else if (how === 'cut') made[line] = old.slice(0, at);
          else if (how === 'insert') made[line] = old.slice(0, at) + junk + old.slice(at);
          else if (how === 'indent') made[line] = `  ${old}`;
          else if (how === 'null') made[line] = old.replace(/:.*/, ':');
          else made[line] = old.replace(/:.*/, `: ${junk}`);
        }
        const { runbook, problems } = parseRunbook(made.join('\n'), { file: 'x.yaml' });
        expect(runbook === undefined).toBe(problems.length > 0);
        for (const problem of problems) {
          expect(problem.message.length).toBeGreaterThan(0);
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(made.length + 1);
        }
      }),
      { numRuns: 80 },
    );
  });
});
