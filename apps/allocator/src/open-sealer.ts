import { Journal, Sealer, type SealKey } from '@vfleet/journal';
import type { Platform } from '@vfleet/service-kit';
import type { AllocatorConfig } from './config.js';

/** What seals the journal behind this allocator and behind all others who append; undefined where there is no key, and then there is no metric of it either. */
export const openSealer = ({ pool, log, metrics }: Platform, { sealSeconds }: AllocatorConfig, key: SealKey | undefined): Sealer | undefined => {
  if (!key) return undefined;
  log('info', 'the journal is going to be sealed', { keyId: key.id });
  const sealer = new Sealer({ pool, key, milliseconds: sealSeconds * 1_000, log });
  const journal = new Journal(pool);
  metrics.gauge('vfleet_seal_lag_events', async () => (await journal.lagAt(sealer.position)).events);
  metrics.gauge('vfleet_seal_overdue_seconds', () => sealer.overdueSeconds);
  return sealer;
};
