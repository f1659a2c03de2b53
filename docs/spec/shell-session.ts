import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';

export interface Done {
  /** Both channels, as a terminal shows them. */
  readonly printed: string;
  readonly exitCode: number;
}

const LONGEST_MS = 120_000;

/** A shell in which one command is typed after the other; variables and `$?` last from one to the next. */
export class ShellSession {
  private readonly shell: ChildProcess;
  private text = '';
  private heard = (): void => undefined;
  private left = (): void => undefined;

  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.shell = spawn('bash', ['--norc', '--noprofile'], { cwd: folder, env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    for (const channel of [this.shell.stdout, this.shell.stderr])
      channel?.setEncoding('utf8').on('data', (more: string) => {
        this.text += more;
        this.heard();
      });
    this.shell.once('exit', () => this.left());
    this.shell.stdin?.write('exec 2>&1\n');
  }

  /** @throws Error when it takes longer than two minutes */
  async type(command: string): Promise<Done> {
    const mark = `end-of-command-${randomUUID()}`;
    this.text = '';
    // In braces, so that a command reads nothing of what is typed after it; `$?` is put back for the next one.
    this.shell.stdin?.write(`{ ${command}\n} </dev/null; _status=$?; printf '\\n%s %s\\n' ${mark} $_status; (exit $_status)\n`);
    const [printed = '', exitCode] = (await this.until(mark, command)).split(`\n${mark} `);
    return { printed, exitCode: Number(exitCode) };
  }

  async close(): Promise<void> {
    if (this.shell.exitCode !== null) return;
    const ended = once(this.shell, 'exit');
    this.shell.stdin?.end();
    await ended;
  }

  private until(mark: string, command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not within ${LONGEST_MS / 1000} s: ${command}\n${this.text}`)), LONGEST_MS);
      this.heard = () => {
        if (!new RegExp(`\n${mark} \\d+\n`).test(this.text)) return;
        clearTimeout(late);
        resolve(this.text);
      };
      this.left = () => reject(new Error(`the shell has ended at: ${command}\n${this.text}`));
    });
  }
}
