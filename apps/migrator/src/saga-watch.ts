import type { NewEvent } from '@vfleet/journal';
import type { Metrics, Tracing } from '@vfleet/telemetry';
import type { UndertakingEvent } from './domain/undertaking.js';
import { StepClock, type Step } from './step-clock.js';

export interface SagaWatchOptions {
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

const MS_PER_SECOND = 1_000;

/** Counts, times and traces what becomes of moves and hot-plugs. */
export class SagaWatch {
  private readonly clock = new StepClock();

  constructor(private readonly options: SagaWatchOptions) {}

  /** The traceparent under which something new goes on; `carried`: of whoever asked for it. */
  begun(command: string, carried: string | undefined): string | undefined {
    const span = this.options.tracing.begin(`decide ${command}`, { parent: carried });
    span?.end();
    return span?.traceparent ?? carried;
  }

  /** Commands were written together; `began` on the monotonic clock. */
  written(commands: number, events: readonly NewEvent[], began: number): void {
    const { metrics } = this.options;
    metrics.observe('vfleet_commit_duration_seconds', {}, (performance.now() - began) / MS_PER_SECOND);
    metrics.observe('vfleet_commit_commands', {}, commands);
    for (const { type, data, meta } of events) {
      metrics.count('vfleet_events_total', { type });
      this.take({ type, data } as UndertakingEvent, (meta as { readonly traceparent?: string }).traceparent);
    }
  }

  failed(): void {
    this.options.metrics.count('vfleet_commit_failures_total', {});
  }

  private take(event: UndertakingEvent, parent: string | undefined): void {
    const { metrics } = this.options;
    for (const step of this.clock.take(event, Date.now())) this.stepped(step, parent);
    const ended = endOf(event);
    if (!ended) return;
    metrics.count(ended.metric, { outcome: ended.outcome, code: ended.code });
    if (event.type === 'MigrationCompleted' && event.data.interruptionMs !== null) {
      const { interruptionMs } = event.data;
      const own = Math.max(0, interruptionMs - this.clock.movedFor(event.data.migrationId));
      metrics.observe('vfleet_migration_interruption_seconds', {}, interruptionMs / MS_PER_SECOND);
      metrics.observe('vfleet_migration_own_interruption_seconds', {}, own / MS_PER_SECOND);
    }
    this.clock.forget(event.data.migrationId);
  }

  private stepped({ step, startedAt, milliseconds }: Step, parent: string | undefined): void {
    const { metrics, tracing } = this.options;
    metrics.observe('vfleet_migration_step_duration_seconds', { step }, milliseconds / MS_PER_SECOND);
    if (parent !== undefined) tracing.begin(`migration ${step}`, { parent, startedAt })?.end();
  }
}

interface Ended {
  readonly metric: 'vfleet_migrations_total' | 'vfleet_hotplugs_total';
  readonly outcome: string;
  readonly code: string;
}

const ENDS: Readonly<Record<string, Omit<Ended, 'code'>>> = {
  MigrationCompleted: { metric: 'vfleet_migrations_total', outcome: 'completed' },
  MigrationRolledBack: { metric: 'vfleet_migrations_total', outcome: 'rolled_back' },
  MigrationFailed: { metric: 'vfleet_migrations_total', outcome: 'failed' },
  MigrationCancelled: { metric: 'vfleet_migrations_total', outcome: 'cancelled' },
  MigrationRejected: { metric: 'vfleet_migrations_total', outcome: 'rejected' },
  MigrationResolved: { metric: 'vfleet_migrations_total', outcome: 'resolved' },
  HotplugCompleted: { metric: 'vfleet_hotplugs_total', outcome: 'completed' },
  HotplugFailed: { metric: 'vfleet_hotplugs_total', outcome: 'failed' },
  HotplugRejected: { metric: 'vfleet_hotplugs_total', outcome: 'rejected' },
};

const endOf = ({ type, data }: UndertakingEvent): Ended | undefined => {
  const end = ENDS[type];
  return end && { ...end, code: 'code' in data ? data.code : '' };
};
