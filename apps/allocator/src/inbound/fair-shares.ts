import type { Fairness } from '@vfleet/messaging';
import type { Metrics } from '@vfleet/telemetry';
import type { AllocatorConfig } from '../config.js';

const HOST_FACT = /^vfleet\.in\.host\.([A-Za-z0-9_-]{1,128})\./;

/** Each host has its share, so that one whose agent runs wild, or is not its agent, holds up nobody else. Platforms are trusted. */
export const fairShares = ({ hostFactsBurst, hostFactsPerSecond }: AllocatorConfig, metrics: Metrics): Fairness => ({
  sourceOf: (subject) => HOST_FACT.exec(subject)?.[1],
  subjectsOf: (hostId) => `vfleet.in.host.${hostId}.>`,
  burst: hostFactsBurst,
  perSecond: hostFactsPerSecond,
  onDelayed: () => metrics.count('vfleet_facts_delayed_total', {}),
});
