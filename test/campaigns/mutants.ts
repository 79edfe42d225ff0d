import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { below, type Campaign, type Failure } from './campaign.ts';
import { mutants, type Mutant } from './mutant-list.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const parts = ['bin', 'src', 'machines', 'runbooks', 'docs', 'test', 'package.json', 'tsconfig.json', 'jest.config.js'];
/** With the tests three are tried, others each day. */
const shortSize = 3;
/** A killer that hangs has seen the fault, too; ms. */
const killerLimitMs = 180_000;

export const campaign: Campaign = {
  name: 'mutants',
  promise: 'every known fault, put into a copy of the product, is seen by a campaign or a test',
  run: async ({ short, shard, log, random }) => {
    const from = below(random, mutants.length);
    const rotated = mutants
      .map((_one, index) => mutants[(from + index) % mutants.length] as Mutant)
      .slice(0, shortSize);
    const mine = short ? rotated : mutants.filter((_one, index) => index % shard.of === shard.index - 1);
    const failures: Failure[] = [];
    // A killer that fails without any fault has seen nothing. With the tests, they all run anyway.
    if (!short) {
      const killers = [...new Set(mine.flatMap((mutant) => mutant.killers))];
      for (const killer of await failingWithoutFault(killers))
        failures.push({ case: killer, why: 'it fails without any fault' });
    }
    const killedBy: Record<string, number> = {};
    for (const mutant of mine) {
      const startedMs = performance.now();
      const killer = await killerOf(mutant);
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      if (killer.by === undefined) failures.push({ case: mutant.name, why: killer.why });
      else killedBy[killer.by] = (killedBy[killer.by] ?? 0) + 1;
      log(
        `  ${mutant.name}: ${killer.by === undefined ? 'SURVIVED' : `killed by ${killer.by}`} (${String(seconds)} s)`,
      );
    }
    return { cases: mine.length, failures, figures: killedBy };
  },
};

async function failingWithoutFault(killers: readonly string[]): Promise<readonly string[]> {
  const place = copyOfTree();
  try {
    const failing: string[] = [];
    for (const killer of killers) if (await fails(place, killer)) failing.push(killer);
    return failing;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function copyOfTree(): string {
  const place = mkdtempSync(join(tmpdir(), 'drp-mutant-'));
  for (const part of parts) cpSync(join(root, part), join(place, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  return place;
}

/** The first campaign or test that fails on the mutant. */
async function killerOf(mutant: Mutant): Promise<{ readonly by?: string; readonly why: string }> {
  const place = copyOfTree();
  try {
    for (const edit of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])]) {
      const file = join(place, edit.file);
      const text = readFileSync(file, 'utf8');
      if (text.split(edit.find).length !== 2)
        return { why: `its place in ${edit.file} is not found once: ${edit.find}` };
      writeFileSync(
        file,
        text.replace(edit.find, () => edit.replace),
      );
    }
    for (const killer of mutant.killers) if (await fails(place, killer)) return { by: killer, why: '' };
    return { why: `it survived ${mutant.killers.join(', ')}` };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function fails(place: string, killer: string): Promise<boolean> {
  const [kind = '', ...words] = killer.split(' ');
  const jest = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    kind,
    '--testTimeout=60000',
  ];
  const args =
    kind === 'campaign' ? ['test/campaigns/main.ts', ...words, '--short', '--seed', '20261121'] : [...jest, ...words];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: place,
      stdio: 'ignore',
      detached: true,
    });
    // With what it has started: its group is its own.
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), killerLimitMs);
    child.on('error', reject).on('close', (code) => {
      clearTimeout(timer);
      resolve(code !== 0);
    });
  });
}
