import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { sessionProcesses } from '../lab/process-table.ts';

/** A real terminal (tmux) that types and reads the screen. Its server is its own: ended with it, others are left alone. */
export interface Terminal {
  /** Keys by tmux name (`Enter`, `C-c`), or text. */
  keys(...keys: readonly string[]): void;
  type(text: string): void;
  /** Pastes as terminals do: between brackets where the program asked for them. */
  paste(text: string): void;
  screen(): string;
  /** Resolves once the screen shows it; throws with the screen after `timeoutMs`. */
  shows(text: string | RegExp, timeoutMs?: number): Promise<string>;
  /** Closes the terminal; what ran in it has ended when this resolves, and has written its last. Throws after 20 s. */
  end(): Promise<void>;
}

export const hasTerminal = spawnSync('tmux', ['-V']).status === 0;

export function openTerminal(
  command: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Terminal {
  const server = `drp-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const tmux = (...args: readonly string[]) =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const env = Object.entries(options.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  tmux(
    'new-session',
    '-d',
    '-x',
    '100',
    '-y',
    '60',
    '-c',
    options.cwd,
    ...env,
    `${command}; echo ended with $?; exec sleep 600`,
  );
  const screen = () => tmux('capture-pane', '-p', '-J');
  return {
    keys: (...keys) => void tmux('send-keys', ...keys),
    type: (text) => void tmux('send-keys', '-l', text),
    paste: (text) => {
      tmux('set-buffer', text);
      tmux('paste-buffer', '-p');
    },
    screen,
    shows: async (text, timeoutMs = 20_000) => {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const shown = screen();
        if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown;
        if (Date.now() > until) throw new Error(`never shown: ${String(text)}\n${shown}`);
        await delay(100);
      }
    },
    end: async () => {
      const format = '#{pane_pid} #{socket_path}';
      const listed = spawnSync('tmux', ['-L', server, 'list-panes', '-a', '-F', format], { encoding: 'utf8' });
      const [, leader = '', socket = ''] = /^(\d+) (.+)/.exec(listed.stdout) ?? [];
      if (socket === '') return; // ended before
      spawnSync('tmux', ['-L', server, 'kill-server']);
      rmSync(socket, { force: true }); // tmux leaves it
      const until = Date.now() + 20_000;
      while (sessionProcesses(Number(leader)).length > 0) {
        if (Date.now() > until) throw new Error('what ran in the terminal does not end');
        await delay(20);
      }
    },
  };
}
