import { expect, test } from '@jest/globals';
import { columns, commandLines, fitRows, fold, inOneLine, reflow, table } from '../../src/views/layout.ts';

const five = 'one\ntwo\nthree\nfour\nfive\n';

test('a text that fits a screen is shown whole', () => {
  expect(fitRows(five, 6)).toBe(five);
});

test('a text taller than the screen is cut, and says how much is missing', () => {
  expect(fitRows(five, 5)).toBe('one\ntwo\nthree\n… 2 lines more; whole with: drp status\n');
});

test('a table with a width wraps its last column under itself', () => {
  const rows = [
    ['ok', 'host.route', 'a way there'],
    ['ok', 'people.gate', 'anne, vera can pass it (authoriser or approver)'],
  ];
  expect(table(rows, '', 40)).toEqual([
    'ok  host.route   a way there',
    'ok  people.gate  anne, vera can pass it',
    '                 (authoriser or',
    '                 approver)',
  ]);
  expect(table(rows)).toHaveLength(2);
  for (const line of table(rows, '  ', 60)) expect(columns(line)).toBeLessThanOrEqual(60);
});

test('lines told in one are parted by semicolons, but for what a colon leads into', () => {
  expect(inOneLine(['nobody was told; desk would have had:', 'Subject: ready', 'the text'])).toBe(
    'nobody was told; desk would have had: Subject: ready; the text',
  );
  expect(inOneLine([])).toBe('');
});

test('a line that is too wide breaks between words, and columns inside it stay aligned', () => {
  const text = ['short', '  restoration     copy-files          waits for its turn'].join('\n');
  expect(fold(text, 40)).toBe('short\n  restoration     copy-files\n      waits for its turn');
  expect(fold(text, 80)).toBe(text);
  expect(fold('\u001b[1ma bold\u001b[22m line', 11)).toBe('\u001b[1ma bold\u001b[22m line');
  // A word longer than a line stays whole, so that it can be copied.
  expect(fold(`see ${'x'.repeat(30)} there`, 20)).toBe(`see\n    ${'x'.repeat(30)}\n    there`);
});

test('a command that is too wide can be pasted as it is shown', () => {
  const command = '  drp status --run jftr-ka7f --gate declaration --approval-text PERSON > approval.json';
  const lines = commandLines(command, 80);
  expect(lines).toEqual([
    '  drp status --run jftr-ka7f --gate declaration --approval-text PERSON > \\',
    '    approval.json',
  ]);
  expect(commandLines(command, 100)).toEqual([command]);
  expect(lines.join('\n').replace(/ \\\n +/g, ' ')).toBe(command);
  // A backslash between quotes would be part of what is said.
  expect(commandLines("drp decide mark-done dns --evidence 'registrar ticket 4711'", 50)).toEqual([
    'drp decide mark-done dns --evidence \\',
    "  'registrar ticket 4711'",
  ]);
});

test('paragraphs are set anew for a narrower terminal; what is indented keeps its lines', () => {
  const text = 'Usage: drp x\n\nOne two three four\nfive six.\n\nExamples\n  $ drp x  a\n';
  expect(reflow(text, 12)).toBe('Usage: drp x\n\nOne two\nthree four\nfive six.\n\nExamples\n  $ drp x  a\n');
  expect(reflow(text, 100)).toBe('Usage: drp x\n\nOne two three four five six.\n\nExamples\n  $ drp x  a\n');
});
