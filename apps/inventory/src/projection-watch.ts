import type { EventMeta } from '@vfleet/contracts';
import { Journal, type Projector, type ProjectorOptions } from '@vfleet/journal';
import type { Platform } from '@vfleet/service-kit';

type Watched = Pick<Platform, 'metrics' | 'tracing'>;
type Hooks = Required<Pick<ProjectorOptions, 'onApplied' | 'onFailure'>>;

/** Behind for longer than this is not ready to be asked; the same figure as in the status of the system. */
const LATE_SECONDS = 5;

/** Counts and traces what a projection makes rows of. */
export const projectionHooks = ({ metrics, tracing }: Watched, projection: string): Hooks => ({
  onApplied: (events, startedAt) => {
    metrics.count('vfleet_projection_events_total', { projection }, events.length);
    if (!tracing.isOn) return;
    for (const { type, position, meta } of events) {
      const parent = (meta as EventMeta).traceparent;
      if (parent !== undefined)
        tracing.begin(`project ${type}`, { parent, role: 'consumer', startedAt, attributes: { 'vfleet.position': position } })?.end();
    }
  },
  onFailure: () => metrics.count('vfleet_projection_failures_total', { projection }),
});

/** Shows how far a projection is behind, and counts being late as not ready. */
export const showLag = ({ pool, metrics, health }: Platform, projector: Projector, projection: string): void => {
  const journal = new Journal(pool);
  const lag = (): Promise<{ readonly events: number; readonly seconds: number }> => journal.lagAt(projector.position);
  metrics.gauge('vfleet_projection_lag_events', async () => [{ projection, value: (await lag()).events }]);
  metrics.gauge('vfleet_projection_lag_seconds', async () => [{ projection, value: (await lag()).seconds }]);
  health.needs('projection', async () => (await lag()).seconds < LATE_SECONDS);
};
