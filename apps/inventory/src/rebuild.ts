import { readSettings, runMain } from '@vfleet/service-kit';
import { openLogger, toLog } from '@vfleet/telemetry';
import { inventorySettings } from './config.js';
import { rebuildInventory } from './read-model/rebuild.js';

/** A command for operators: prints one line of JSON, `{events, seconds}`. */
runMain(async () => {
  const { pgUrl, logLevel } = readSettings(inventorySettings);
  const rebuilt = await rebuildInventory({ url: pgUrl, log: toLog(openLogger('inventory-rebuild', logLevel, process.stderr)) });
  process.stdout.write(`${JSON.stringify(rebuilt)}\n`);
});
