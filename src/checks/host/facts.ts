import { randomBytes } from 'node:crypto';
import type { HostNeeds } from './needs.ts';

/** What one question was answered with: raw text, or why nobody can tell. */
export type Fact = { readonly text: string } | { readonly absent: string };

/** The answers of the facts script by name, and when it was asked, by the clock of this machine. */
export interface HostFacts {
  fact(name: string): Fact;
  /** Every question that was answered, in the order of the answers. */
  readonly names: readonly string[];
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** The script and its arguments as positional parameters; `mark` begins every answer of it. Pure but for the mark. */
export function factsCommand(needs: HostNeeds): { readonly args: readonly string[]; readonly mark: string } {
  const mark = `@${randomBytes(6).toString('hex')}`;
  const questions = [
    ...needs.folders.map((folder) => `folder:${folder}`),
    ...needs.executable.filter((folder) => !needs.folders.includes(folder)).map((folder) => `folder:${folder}`),
    ...needs.programs.map(({ name, atLeast }) => `${atLeast === undefined ? 'program' : 'version'}:${name}`),
    ...needs.services.map((name) => `service:${name}`),
    ...needs.users.map((name) => `user:${name}`),
    ...needs.sudo.map((command) => `sudo:${command.join('\n')}`),
    ...(needs.interface === undefined ? [] : [`interface:${needs.interface}`]),
    ...needs.peers.map((address) => `peer:${address}`),
    ...(needs.mysqlReplica ? ['mysql:'] : []),
  ];
  return { args: [mark, needs.root.replace(/\/$/, ''), ...questions], mark };
}

/** The script's output by question. A question without an answer is absent: the script was cut short. Pure. */
export function parseFacts(
  output: string,
  mark: string,
  asked: { readonly askedAtMs: number; readonly answeredAtMs: number },
): HostFacts {
  const facts = new Map<string, Fact>();
  let name: string | undefined;
  let lines: string[] = [];
  const keep = (): void => {
    if (name !== undefined && !facts.has(name)) facts.set(name, { text: lines.join('\n').trim() });
  };
  for (const line of output.split('\n')) {
    if (line.startsWith(`${mark} at `)) {
      keep();
      name = line.slice(mark.length + 4);
      lines = [];
    } else if (line.startsWith(`${mark} absent `) && name !== undefined) {
      if (!facts.has(name)) facts.set(name, { absent: line.slice(mark.length + 8) });
    } else {
      lines.push(line);
    }
  }
  keep();
  return {
    ...asked,
    names: [...facts.keys()],
    fact: (wanted) => facts.get(wanted) ?? { absent: 'the host gave no answer to this' },
  };
}

/** The lines of an answer that are not empty; none where it is absent. */
export function linesOf(fact: Fact): readonly string[] {
  return 'text' in fact ? fact.text.split('\n').filter((line) => line.trim() !== '') : [];
}
