import { serviceSettings, streamsSettings, type ServiceConfig, type Settings, type StreamsConfig } from '@vfleet/service-kit';

export const VERSION = '0.1.0';

/** What the migrator has to be told: where its servers are, and how much it logs. */
export const migratorSettings: Settings<ServiceConfig & StreamsConfig> = { ...serviceSettings('migrator'), ...streamsSettings };
