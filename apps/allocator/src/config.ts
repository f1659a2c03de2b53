import {
  readSettings,
  serviceSettings,
  streamsSettings,
  tenantsSettings,
  text,
  wholeNumber,
  type ServiceConfig,
  type Settings,
  type StreamsConfig,
  type TenantsConfig,
} from '@vfleet/service-kit';

export interface AllocatorConfig extends ServiceConfig, StreamsConfig, TenantsConfig {
  /** Commands that may wait; beyond that callers are told to come again. */
  readonly maxWaiting: number;
  /** Facts of one host at once, before it has to wait for the others. */
  readonly hostFactsBurst: number;
  /** Facts of one host over time; as many are taken a second of all hosts together that have to wait. */
  readonly hostFactsPerSecond: number;
  /** PEM file with the private key that seals are signed with; empty: nothing is sealed. */
  readonly sealKeyFile: string;
  /** Seconds that an event waits for its seal at most, and from one head in the log to the next. */
  readonly sealSeconds: number;
}

export const allocatorSettings: Settings<AllocatorConfig> = {
  ...serviceSettings('allocator'),
  ...streamsSettings,
  ...tenantsSettings,
  maxWaiting: wholeNumber('VFLEET_ALLOCATOR_MAX_WAITING', 20_000, 1, 1_000_000),
  hostFactsBurst: wholeNumber('VFLEET_ALLOCATOR_HOST_FACTS_BURST', 1_024, 1, 1_000_000_000),
  hostFactsPerSecond: wholeNumber('VFLEET_ALLOCATOR_HOST_FACTS_PER_SECOND', 250, 1, 1_000_000),
  sealKeyFile: text('VFLEET_ALLOCATOR_SEAL_KEY_FILE', ''),
  sealSeconds: wholeNumber('VFLEET_ALLOCATOR_SEAL_SECONDS', 10, 1, 3_600),
};

/** @throws BadConfiguration with every fault */
export const readConfig = (): AllocatorConfig => readSettings(allocatorSettings);
