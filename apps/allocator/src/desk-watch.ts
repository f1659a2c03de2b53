import type { DomainEvent } from '@vfleet/contracts';
import type { NewEvent } from '@vfleet/journal';
import type { Metrics, Span, Tracing } from '@vfleet/telemetry';
import type { Command } from './domain/decide.js';
import type { PendingReleases } from './pending-releases.js';

export interface DeskWatchOptions {
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly pending: PendingReleases;
}

const MS_PER_SECOND = 1_000;

/** Counts, times and traces what is decided and written. */
export class DeskWatch {
  constructor(private readonly options: DeskWatchOptions) {}

  /** A decision took from `began`, on the monotonic clock, until now. Its span ends with its commit. */
  decided(command: Command['type'], began: number, parent: string | undefined, events: number): Span | undefined {
    const { metrics, tracing } = this.options;
    const milliseconds = performance.now() - began;
    metrics.observe('vfleet_decision_duration_seconds', { command }, milliseconds / MS_PER_SECOND);
    if (!tracing.isOn || parent === undefined || events === 0) return undefined;
    const span = tracing.begin(`decide ${command}`, { parent, startedAt: Date.now() - milliseconds, attributes: { 'vfleet.events': events } });
    span?.end();
    return span;
  }

  /** Commands were written together; `began` on the monotonic clock. */
  written(commands: number, events: readonly NewEvent[], began: number): void {
    const { metrics, tracing, pending } = this.options;
    const milliseconds = performance.now() - began;
    const now = Date.now();
    metrics.observe('vfleet_commit_duration_seconds', {}, milliseconds / MS_PER_SECOND);
    metrics.observe('vfleet_commit_commands', {}, commands);
    for (const event of events) {
      this.counted(event as unknown as DomainEvent);
      pending.take(event, now);
    }
    if (tracing.isOn) this.traced(events, now - milliseconds);
  }

  failed(): void {
    this.options.metrics.count('vfleet_commit_failures_total', {});
  }

  private counted({ type, data }: DomainEvent): void {
    const { metrics } = this.options;
    metrics.count('vfleet_events_total', { type });
    if (type === 'DevicesReserved') metrics.count('vfleet_reservations_total', { outcome: 'made', code: '' });
    else if (type === 'ReservationRejected') metrics.count('vfleet_reservations_total', { outcome: 'refused', code: data.code });
    else if (type === 'DevicesReleased') metrics.count('vfleet_reservations_total', { outcome: 'released', code: data.cause });
    else if (type === 'ReservationAdopted') metrics.count('vfleet_reservations_total', { outcome: 'adopted', code: '' });
    else if (type === 'ReservationOrphaned') metrics.count('vfleet_reservations_total', { outcome: 'orphaned', code: '' });
    else if (type === 'DeviceReaddressed') metrics.count('vfleet_identity_moves_total', {});
    else if (type === 'InventoryDiverged') metrics.count('vfleet_inventory_divergences_total', {});
  }

  /** One span in each trace that took part: a transaction belongs to many. */
  private traced(events: readonly NewEvent[], startedAt: number): void {
    const parents = new Set(events.map(({ meta }) => (meta as { readonly traceparent?: string }).traceparent));
    for (const parent of parents)
      if (parent !== undefined)
        this.options.tracing.begin('append', { parent, startedAt, attributes: { 'vfleet.batch.events': events.length } })?.end();
  }
}
