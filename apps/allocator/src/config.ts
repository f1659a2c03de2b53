import { readSettings, serviceSettings, wholeNumber, type ServiceConfig, type Settings } from '@vfleet/service-kit';

export interface AllocatorConfig extends ServiceConfig {
  /** Commands that may wait; beyond that callers are told to come again. */
  readonly maxWaiting: number;
}

export const allocatorSettings: Settings<AllocatorConfig> = {
  ...serviceSettings('allocator'),
  maxWaiting: wholeNumber('VFLEET_ALLOCATOR_MAX_WAITING', 20_000, 1, 1_000_000),
};

/** @throws BadConfiguration with every fault */
export const readConfig = (): AllocatorConfig => readSettings(allocatorSettings);
