import { openPlatform, readSettings, runMain, startService } from '@vfleet/service-kit';
import { VERSION, migratorSettings } from './config.js';
import { MigratorModule } from './migrator.module.js';

runMain(async () => {
  const platform = await openPlatform('migrator', VERSION, readSettings(migratorSettings));
  await startService({
    platform,
    module: MigratorModule,
    description: 'Will move virtual machines that hold devices; so far it only tells its status',
  });
});
