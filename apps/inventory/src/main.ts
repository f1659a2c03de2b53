import { Projector } from '@vfleet/journal';
import { openPlatform, readSettings, runMain, startService } from '@vfleet/service-kit';
import { VERSION, inventorySettings } from './config.js';
import { showFleet } from './fleet-metrics.js';
import { InventoryModule } from './inventory.module.js';
import { showLag } from './projection-watch.js';
import { SCHEMA } from './read-model/inventory.projection.js';
import { TenantVms } from './read-model/tenant-vms.js';
import { updateInventory } from './update.js';

runMain(async () => {
  const config = readSettings(inventorySettings);
  const platform = await openPlatform('inventory', VERSION, config);
  await updateInventory(config.pgUrl, platform.log);
  await startService({
    platform,
    module: InventoryModule.of(config),
    description: 'Devices, hosts and virtual machines as the journal tells of them',
    prepare: async (app) => {
      if (config.tenants) await app.get(TenantVms).check();
      const projector = app.get(Projector);
      await projector.start();
      showLag(platform, projector, SCHEMA);
      showFleet(platform, config.metricsMaxSeries);
      return { status: () => ({ role: 'active', position: projector.position }), stop: () => projector.stop() };
    },
  });
});
