import { migrateJournal, openPool } from '@vfleet/journal';
import { readSettings, runMain } from '@vfleet/service-kit';
import { openLogger, toLog } from '@vfleet/telemetry';
import { inventorySettings } from './config.js';
import { updateInventory } from './update.js';

/** A command for operators whose services have logins of their own: brings all tables up to date as their owner. Prints `{journal}`, what it added to it. */
runMain(async () => {
  const { pgUrl, logLevel } = readSettings(inventorySettings);
  const owner = openPool({ url: pgUrl, name: 'vfleet-migrate', max: 1 });
  const journal = await migrateJournal(owner);
  await owner.end();
  await updateInventory(pgUrl, toLog(openLogger('inventory-migrate', logLevel, process.stderr)));
  process.stdout.write(`${JSON.stringify({ journal })}\n`);
});
