import { serviceSettings, tenantsSettings, wholeNumber, type ServiceConfig, type Settings, type TenantsConfig } from '@vfleet/service-kit';

export const VERSION = '0.1.0';

export interface InventoryConfig extends ServiceConfig, TenantsConfig {
  /** Rows that the devices of each host may be counted from at a scrape; beyond that only the fleet's are shown. */
  readonly metricsMaxSeries: number;
}

/** What the inventory has to be told: where its servers are, how it is watched, and how much it shows of each host. */
export const inventorySettings: Settings<InventoryConfig> = {
  ...serviceSettings('inventory'),
  ...tenantsSettings,
  metricsMaxSeries: wholeNumber('VFLEET_INVENTORY_METRICS_MAX_SERIES', 20_000, 0, 1_000_000),
};
