import { Projector } from '@vfleet/journal';
import { openPlatform, readSettings, runMain, startService } from '@vfleet/service-kit';
import { VERSION, inventorySettings } from './config.js';
import { showFleet } from './fleet-metrics.js';
import { InventoryModule } from './inventory.module.js';
import { migrateInventory } from './migrations/migrate.js';
import { showLag } from './projection-watch.js';
import { SCHEMA } from './read-model/inventory.projection.js';

runMain(async () => {
  const config = readSettings(inventorySettings);
  const platform = await openPlatform('inventory', VERSION, config);
  await migrateInventory(config.pgUrl);
  await startService({
    platform,
    module: InventoryModule.of(config),
    description: 'Devices, hosts and virtual machines as the journal tells of them',
    prepare: async (app) => {
      const projector = app.get(Projector);
      await projector.start();
      showLag(platform, projector, SCHEMA);
      showFleet(platform, config.metricsMaxSeries);
      return { status: () => ({ role: 'active', position: projector.position }), stop: () => projector.stop() };
    },
  });
});
