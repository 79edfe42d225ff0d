import { textOf, textsOf, type Block, type Outline } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';

interface Voter {
  readonly id: string;
  readonly roles: readonly string[];
  readonly strength: number;
}

const allRoles: readonly string[] = ['authoriser', 'operator', 'approver'];
const strengths = ['os-user', 'ssh-key', 'hardware-key', 'hardware-key-pin'];

/** Somebody can start a run, and enough people could pass each gate. */
export function checkPeople(outline: Outline): readonly Finding[] {
  const people = outline.section('people');
  if (people === undefined) return [];
  const voters = [...people].map(([id, data]) => voterOf(id, data, outline.data['allowedSigners'] !== undefined));
  const starters = voters.filter((voter) => voter.roles.includes('operator'));
  const problems: Finding[] = [];
  if (starters.length === 0) {
    problems.push({ path: ['people'], at: 'key', message: 'nobody has the role operator: nobody could start a run' });
  }
  for (const [gate, policy] of outline.section('gates') ?? []) {
    const message = impassable(policy, voters, starters);
    if (message !== undefined) problems.push({ path: ['gates', gate], at: 'key', message });
  }
  return problems;
}

/** Why nobody could ever pass a gate with this policy; undefined: enough people could. */
function impassable(policy: Block, voters: readonly Voter[], starters: readonly Voter[]): string | undefined {
  const roles = textsOf(policy['roles']);
  const strength = textOf(policy['strength']) || 'os-user';
  const approvals = typeof policy['approvals'] === 'number' ? policy['approvals'] : 1;
  if (roles.length === 0 || !strengths.includes(strength)) return undefined;
  const withRole = voters.filter((voter) => voter.roles.some((role) => roles.includes(role)));
  if (withRole.length === 0) return `nobody could pass it: no person has the role ${roles.join(' or ')}`;
  const able = withRole.filter((voter) => voter.strength >= strengths.indexOf(strength));
  if (able.length === 0) {
    const lacking =
      strength === 'os-user' ? "an 'osUser' or a key" : strength === 'ssh-key' ? 'a key' : 'a hardware key (sk-…)';
    return `nobody could pass it: none of ${withRole.map((voter) => voter.id).join(', ')} has ${lacking}`;
  }
  if (able.length < approvals)
    return `nobody could pass it: it needs ${approvals} people, only ${able.length} could approve`;
  if (policy['notTheStarter'] !== true || starters.length === 0) return undefined;
  const left = Math.max(...starters.map((starter) => able.filter((voter) => voter !== starter).length));
  return left < approvals ? 'nobody could pass it: who starts the run may not, and too few others could' : undefined;
}

/** Whether a hardware key takes a PIN shows only when it signs. */
function voterOf(id: string, data: Block, keysElsewhere: boolean): Voter {
  const keys = textsOf(data['keys']);
  const hardware = keysElsewhere || keys.some((key) => key.startsWith('sk-'));
  const anyKey = hardware || keys.length > 0;
  const known = anyKey || textOf(data['osUser']) !== '';
  const roles = textsOf(data['roles']);
  // A role that is misspelt is a problem of its own; until it is mended it may be any.
  const unsure = roles.length === 0 || roles.some((role) => !allRoles.includes(role));
  return { id, roles: unsure ? allRoles : roles, strength: hardware ? 3 : anyKey ? 1 : known ? 0 : -1 };
}
