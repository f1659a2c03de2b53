import { serviceSettings, type ServiceConfig, type Settings } from '@vfleet/service-kit';

export const VERSION = '0.1.0';

/** What the migrator has to be told: where its servers are, and how much it logs. */
export const migratorSettings: Settings<ServiceConfig> = serviceSettings('migrator');
