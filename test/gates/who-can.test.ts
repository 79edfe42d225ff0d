import { describe, expect, test } from '@jest/globals';
import { whoCan } from '../../src/gates/who-can.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { columns } from '../../src/views/layout.ts';
import { plainStyle } from '../../src/views/style.ts';
import { whoCanText } from '../../src/views/who-can-text.ts';
import { recordedRun } from '../views/report/journals.ts';

const [began] = recordedRun('format-1-activation');
const plan = (began?.type === 'run.began' ? began.data.plan : {}) as unknown as Plan;
const view = { width: 110, style: plainStyle };
const at = '2026-11-21T20:00:00.000Z';
const row = (changed: Plan, gate: string) => whoCan(changed, at).gates.find(({ what }) => what === gate);
const may = (changed: Plan, gate: string, person: string) =>
  row(changed, gate)?.people.find((one) => one.person === person);
const withPerson = (person: string, change: object): Plan => {
  const { allowedSigners: _, ...rest } = plan;
  const people = { ...plan.world.people, [person]: { ...plan.world.people[person], ...change } };
  return { ...rest, world: { ...plan.world, people } } as Plan;
};

describe('who can', () => {
  test('gate and verb by person, as the plan has it', () => {
    expect(whoCanText([whoCan(plan, at)], view)).toMatchSnapshot();
  });

  test('a role that may not, a key that is missing, and a starter are told apart', () => {
    expect(may(plan, 'declaration', 'otto')).toMatchObject({ may: 'no', why: 'is operator' });
    expect(may(plan, 'declaration', 'anne')).toMatchObject({ may: 'unless-starter' });
    expect(may(withPerson('anne', { keys: [], osUser: 'anne' }), 'declaration', 'anne')).toMatchObject({
      may: 'no',
      why: 'has no ssh-key',
    });
    expect(may(withPerson('anne', { keys: [], osUser: undefined }), 'unserved', 'anne')).toMatchObject({
      why: 'has no key and no OS user',
    });
  });

  test('a key whose time is over passes no gate, and the table says why', () => {
    const key = plan.world.people['anne']?.keys[0] ?? '';
    const expired = { ...plan, allowedSigners: `anne valid-before="20200101" ${key}\n` };
    expect(may(expired, 'declaration', 'anne')).toMatchObject({ may: 'no', why: expect.stringContaining('expired') });
    expect(row(expired, 'declaration')?.enough).toBe(false);
    expect(whoCanText([whoCan(expired, at)], view)).toContain('gate declaration cannot be passed');
  });

  test('ways past the policy stand beside it: the phone, and break-glass', () => {
    const aside = {
      ...plan,
      gates: { declaration: { ...plan.gates['declaration']!, attested: true, breakGlass: true } },
    };
    const without = {
      ...aside,
      world: {
        ...plan.world,
        people: { ...plan.world.people, otto: { ...plan.world.people['otto']!, osUser: 'otto' } },
      },
    };
    const expired = { ...without, allowedSigners: '' };
    expect(may(expired, 'declaration', 'anne')).toMatchObject({ may: 'no', aside: 'phone' });
    expect(may(expired, 'declaration', 'otto')).toMatchObject({ may: 'no', aside: 'alone' });
    expect(may(expired, 'declaration', 'vera')?.aside).toBeUndefined();
    const text = whoCanText([whoCan(expired, at)], { ...view, width: 120 });
    expect(text).toContain('authoriser, ssh-key, not the starter; or phone; or break-glass');
    expect(text).toContain('too few can; only over the phone or alone, by break-glass');
    expect(text).toContain('a review is then owed');
  });

  test('a key that ends within thirty days is named, with whether another lasts', () => {
    const [key = ''] = plan.world.people['anne']?.keys ?? [];
    const ends = (more: string) => ({ ...plan, allowedSigners: `anne valid-before="20261201Z" ${key}\n${more}` });
    expect(whoCan(ends(''), at).ending).toEqual([
      { person: 'anne', until: '2026-12-01T00:00:00.000Z', days: 9, another: false },
    ]);
    expect(whoCanText([whoCan(ends(''), at)], view)).toContain(
      'SOON a key of anne is good until 2026-12-01, 9 days more; make a new one now',
    );
    const [other = ''] = plan.world.people['vera']?.keys ?? [];
    expect(whoCan(ends(`anne ${other}\n`), at).ending).toMatchObject([{ another: true }]);
    expect(whoCan(plan, at).ending).toEqual([]);
  });

  test('adopting a run takes a signature where a gate does; marking a restoration done is not for who drives', () => {
    const verb = (what: string) => whoCan(plan, at).verbs.find((one) => one.what.startsWith(what));
    expect(verb('run adopt')?.needs).toContain('ssh-key');
    expect(verb('mark-done')?.people.every(({ may: answer }) => answer === 'unless-starter')).toBe(true);
  });

  test('a gate that needs more people than can is red before the fire', () => {
    const two = { ...plan, gates: { declaration: { ...plan.gates['declaration']!, approvals: 2 } } };
    expect(row(two, 'declaration')?.enough).toBe(false);
  });

  test('verbs and warnings that are the same in every procedure are said once, and no line is wider than the screen', () => {
    const key = plan.world.people['anne']?.keys[0] ?? '';
    const expired = { ...plan, allowedSigners: `anne valid-before="20200101" ${key}\n` };
    const drill = { ...whoCan(expired, at), procedure: 'drill' };
    const text = whoCanText([whoCan(expired, at), drill], { ...view, width: 80 });
    expect(text.match(/obligation, lesson/g)).toHaveLength(1);
    expect(text).toContain('\nACTIVATION, DRILL\n  VERB ');
    expect(text.match(/NOTE anne has a key/g)).toHaveLength(1);
    expect(text.match(/RED gate declaration cannot be passed/g)).toHaveLength(2);
    for (const line of text.split('\n')) expect(columns(line)).toBeLessThanOrEqual(80);
  });
});
