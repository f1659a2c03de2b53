import type { Journal } from '@vfleet/journal';
import type { FleetMemory } from './fleet-memory.js';
import type { PendingReleases } from './pending-releases.js';

const PAGE = 5_000;

/** The journal, folded into memory as it grows: what was committed by whoever decided. */
export class FleetHistory {
  private position = 0;

  constructor(
    private readonly journal: Journal,
    private readonly memory: FleetMemory,
    private readonly pending?: PendingReleases,
  ) {}

  /** Folds what was committed since. */
  async follow(): Promise<void> {
    for (;;) {
      const events = await this.journal.read(this.position, PAGE);
      for (const { stream, version, type, data } of events) this.memory.apply(stream, version, { type, data });
      this.memory.commit();
      for (const event of events) this.pending?.take(event, Date.parse(event.recordedAt));
      this.position = events.at(-1)?.position ?? this.position;
      if (events.length < PAGE) return;
    }
  }

  /** Marks are written over: they are read once nobody else writes them. */
  async takeOver(): Promise<void> {
    for (const { key, value } of [...(await this.journal.marks('vm:')), ...(await this.journal.marks('host:'))]) this.memory.applyMark(key, value);
    this.memory.commit();
  }
}
