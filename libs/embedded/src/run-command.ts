import { spawn } from 'node:child_process';

/** What a command wrote, and whether it went well. */
export interface CommandResult {
  readonly ok: boolean;
  /** Standard output, trimmed. */
  readonly output: string;
  /** The command and its last lines, for whoever reads why it failed. */
  readonly trouble: string;
}

const TIMEOUT_MS = 300_000;

/** Runs a command without a shell; one that cannot be started has failed. */
export const runCommand = async (command: string, args: readonly string[], cwd = '/', timeoutMs = TIMEOUT_MS): Promise<CommandResult> =>
  new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env, timeout: timeoutMs });
    let output = '';
    let written = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      written += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (written += text));
    child.once('error', (error) => resolve({ ok: false, output: '', trouble: error.message }));
    child.once('close', (code) =>
      resolve({
        ok: code === 0,
        output: output.trim(),
        trouble: `${command} ${args.join(' ')}: ${written.trim().split('\n').slice(-3).join(' / ')}`,
      }),
    );
  });
