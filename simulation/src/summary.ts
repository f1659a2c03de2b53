import type { SeedReport } from './crew/messages.js';
import type { Plan } from './plan.js';
import type { RunResult } from './run.js';

/** What many runs came to. */
export class Summary {
  seeds = 0;
  steps = 0;
  events = 0;
  readonly done = new Map<string, number>();

  add({ steps, events, done }: SeedReport): void {
    this.seeds += 1;
    this.steps += steps;
    this.events += events;
    for (const [what, times] of done) this.done.set(what, (this.done.get(what) ?? 0) + times);
  }

  get text(): string {
    const done = [...this.done].sort(([, a], [, b]) => b - a).map(([what, times]) => `${what} ${times}`);
    return `${this.seeds} seeds, ${this.steps} steps, ${this.events} events\ndone: ${done.join(', ')}`;
  }
}

/** A failing run in words: what was done, how bad the bus was, and what went wrong. */
export const historyOf = ({ seed, violation }: RunResult, { entries, doubling, losing, untold }: Plan): string =>
  [
    `seed ${seed}: ${violation?.promise} after ${violation?.at} ms: ${violation?.what}`,
    ...entries.map(({ at, deed }) => `  ${String(at).padStart(6)} ms  ${JSON.stringify(deed)}`),
    `  facts stored twice ${share(doubling)}, messages lost ${share(losing)}, states never told ${share(untold)}`,
  ].join('\n');

const share = (part: number): string => `${(part * 100).toFixed(1)} %`;
