import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { until } from '@vfleet/testing';
import { prints } from './console.js';
import type { ScratchCheckout } from './scratch-checkout.js';

const SHOWN_MS = 180_000;

/** A command that runs in a terminal of its own until somebody presses Ctrl-C there. */
export class StayingCommand {
  private text = '';
  private readonly process: ChildProcess;

  constructor(
    private readonly command: string,
    { folder, environment }: ScratchCheckout,
  ) {
    // In a process group of its own, as a terminal has it: Ctrl-C there reaches all of them.
    this.process = spawn('bash', ['-c', command], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const channel of [this.process.stdout, this.process.stderr]) channel?.setEncoding('utf8').on('data', (more: string) => (this.text += more));
  }

  /** Waits until it has printed what the page shows. */
  async shows(shown: string): Promise<void> {
    await until(`${this.command} to print ${shown}`, () => prints(this.text, shown) || this.refuse(), SHOWN_MS).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it printed\n${this.text}`, { cause: error });
    });
  }

  /** Ctrl-C. Answers what was printed from then on, when everything has ended. */
  async interrupt(): Promise<string> {
    if (this.process.exitCode !== null || this.process.pid === undefined) return '';
    const before = this.text.length;
    const ended = once(this.process, 'close');
    process.kill(-this.process.pid, 'SIGINT');
    await ended;
    return this.text.slice(before);
  }

  private refuse(): false {
    if (this.process.exitCode !== null) throw new Error(`${this.command} has ended`);
    return false;
  }
}
