import { Sealer, type SealKey } from '@vfleet/journal';
import type { Platform } from '@vfleet/service-kit';
import type { AllocatorConfig } from './config.js';

/** What seals the journal behind this allocator and behind all others who append; undefined where there is no key. */
export const openSealer = ({ pool, log }: Platform, { sealSeconds }: AllocatorConfig, key: SealKey | undefined): Sealer | undefined => {
  if (!key) return undefined;
  log('info', 'the journal is going to be sealed', { keyId: key.id });
  return new Sealer({ pool, key, milliseconds: sealSeconds * 1_000, log });
};
