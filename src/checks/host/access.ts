import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';
import { withoutPassword } from './sudo-rules.ts';

// Login, users, rights, ways out. Pure.

export function accessFindings(facts: HostFacts, needs: HostNeeds): readonly Finding[] {
  return [
    login(facts, needs),
    ...needs.users.map((name) => account(facts, needs, name)),
    ...needs.sudo.map((command) => right(facts, needs, command)),
    ...(needs.interface === undefined ? [] : [card(facts, needs, needs.interface)]),
    ...needs.peers.map((address) => route(facts, needs, address)),
  ];
}

function login(facts: HostFacts, { host, user }: HostNeeds): Finding {
  const say = findingFor('host.login', host);
  const [name] = linesOf(facts.fact('login'));
  const threshold = `as ${user}`;
  const advice = `The login of the runbook is ${user}: see hosts.${host}.user, and what ForceCommand or a jump makes of it.`;
  if (name === undefined) return say.unknown('nobody can tell as whom', { threshold, advice });
  return name === user
    ? say.ok(`logged in as ${name}`, { threshold })
    : say.fail(`logged in as ${name}`, { threshold, advice });
}

function account(facts: HostFacts, { host }: HostNeeds, name: string): Finding {
  const say = findingFor('host.users', `${host}:${name}`);
  const fact = facts.fact(`user:${name}`);
  const [id] = linesOf(fact);
  const threshold = 'it must be there';
  if ('absent' in fact) return say.unknown(fact.absent, { threshold, advice: `On ${host}: getent passwd ${name}.` });
  if (id !== undefined && /^\d+$/.test(id)) return say.ok(`there, as number ${id}`, { threshold });
  const advice = `Make it on ${host} with the same number as on the other side, or files will belong to somebody else.`;
  return say.fail('there is no such user', { threshold, advice });
}

/**
 * `sudo -n -l COMMAND` ends with 0 where the command is allowed, also where sudo would ask for a password: that stands in
 * the list of all rules only.
 */
function right(facts: HostFacts, { host, user }: HostNeeds, command: readonly string[]): Finding {
  const [as, text] = command[0] === '-u' ? [command[1] ?? '', command.slice(2).join(' ')] : ['root', command.join(' ')];
  const question = command.join(' ');
  const say = findingFor('host.sudo', `${host}:${question}`);
  const fact = facts.fact(`sudo ${question}`);
  const lines = linesOf(fact);
  const threshold = `${user} may run it${as === 'root' ? '' : ` as ${as}`} without a password`;
  const advice = `In sudoers on ${host} (visudo): ${user} ALL=(${as}) NOPASSWD: ${text}.`;
  if ('absent' in fact) return say.unknown(fact.absent, { threshold, advice });
  if (lines[0] === 'root') return say.ok('the login is root', { threshold });
  if (lines[0] === 'none') return say.fail('sudo is not installed', { threshold, advice });
  const code = lines.at(-1);
  if (code === 'exit 0') {
    const free = withoutPassword(linesOf(facts.fact('sudo-rules')), { command: lines[0] ?? '', as });
    if (free === true) return say.ok('allowed', { threshold });
    if (free === false) return say.fail('allowed, and sudo asks for a password', { threshold, advice });
    return say.warn('allowed; whether sudo asks for a password cannot be told from its rules', { threshold, advice });
  }
  if (code === undefined || code === 'exit 124') return say.unknown('sudo gives no answer', { threshold, advice });
  const said = lines.length > 1 ? (lines.at(-2) ?? '') : 'not allowed';
  return say.fail(/password is required/.test(said) ? 'sudo asks for a password, even to say what it allows' : said, {
    threshold,
    advice,
  });
}

function card(facts: HostFacts, { host }: HostNeeds, name: string): Finding {
  const say = findingFor('host.interface', `${host}:${name}`);
  const fact = facts.fact(`interface:${name}`);
  const threshold = 'up';
  const advice = `On ${host}: ip -s link show ${name}; is a cable, a switch or a bond at fault?`;
  if ('absent' in fact) return say.fail('there is no such interface', { threshold, advice });
  const state = linesOf(fact)[0] ?? '';
  // Loopback and tunnels do not tell their state: they are there, and that is all that can be asked of them.
  if (state === 'up' || state === 'unknown') return say.ok(state === 'up' ? 'up' : 'there', { threshold });
  if (state === '') return say.unknown('its state could not be read', { threshold, advice });
  return say.fail(state, { threshold, advice });
}

/** A line of `ip -o route get`: `10.0.0.2 via 10.0.0.1 dev eth0 src 10.0.0.5`. */
function route(facts: HostFacts, needs: HostNeeds, address: string): Finding {
  const { host, interface: wanted } = needs;
  const say = findingFor('host.route', `${host}:${address}`);
  const fact = facts.fact(`peer:${address}`);
  const threshold = wanted === undefined ? 'a way there' : `a way there by ${wanted}`;
  const advice = `On ${host}: ip route get ${address}, ip route show.`;
  if ('absent' in fact) return say.unknown(fact.absent, { threshold, advice });
  const line = linesOf(fact)[0] ?? '';
  const device = /\bdev (\S+)/.exec(line)?.[1];
  if (device === undefined || /^(unreachable|prohibit|blackhole)\b/.test(line)) {
    return say.fail(line === '' ? 'no answer' : line.replace(/^RTNETLINK answers: /, ''), { threshold, advice });
  }
  const by = `by ${device}${/\bvia (\S+)/.exec(line)?.[1] === undefined ? '' : ` via ${/\bvia (\S+)/.exec(line)?.[1] ?? ''}`}`;
  if (wanted !== undefined && device !== wanted && device !== 'lo') return say.fail(by, { threshold, advice });
  return say.ok(by, { threshold });
}
