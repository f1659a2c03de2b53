import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COLUMNS, look, toCsv, type Sample } from './sample.js';
import type { LoadedSystem } from './system.js';
import type { Decisions } from './vm-traffic.js';

const SECONDS_PER_MINUTE = 60;

/** What was seen of a part of the load. */
export interface Phase {
  readonly samples: readonly Sample[];
  /** Of each start that was decided, in milliseconds. */
  readonly latencies: readonly number[];
}

/** Looks at a loaded system again and again, and keeps what it sees in a file as it goes. */
export class Watch {
  readonly samples: Sample[] = [];
  /** Looks that came to nothing. */
  missed = 0;
  private readonly began = performance.now();
  private readonly file: string;

  constructor(
    private readonly system: LoadedSystem,
    folder: string,
    name: string,
  ) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, `${name}.csv`);
    writeFileSync(this.file, `${COLUMNS.join(',')}\n`);
  }

  /** Looks every so many seconds for so many minutes, and answers what it saw. */
  async during(minutes: number, everySeconds: number): Promise<Phase> {
    const from = this.samples.length;
    const latencies: number[] = [];
    for (const end = performance.now() + minutes * SECONDS_PER_MINUTE * 1_000; performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(everySeconds * 1_000, Math.max(0, end - performance.now()))));
      const decisions = this.system.traffic.take();
      for (const latency of decisions.reserved) latencies.push(latency);
      await this.keep(decisions);
    }
    return { samples: this.samples.slice(from), latencies };
  }

  /** A look that does not come to an end in time, on a machine that is busy with other things, is left out. */
  private async keep(decisions: Decisions): Promise<void> {
    try {
      const sample = await look(this.system, this.began, decisions);
      this.samples.push(sample);
      appendFileSync(this.file, `${toCsv(sample)}\n`);
    } catch (error) {
      this.missed += 1;
      this.system.stage.say(`a sample is missing: ${(error as Error).message}`);
    }
  }
}
