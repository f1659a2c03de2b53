/** `npm start`: from a fresh clone to everything running on one machine. Needs nothing but Node.js and npm. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, ROOT } from './prepare.mjs';

try {
  await prepare();
} catch (error) {
  process.stderr.write(`vfleet: ${error.message}\n`);
  process.exit(1);
}
// In this very process, so that a signal to it, of whatever kind, is a signal to the supervisor.
await import(pathToFileURL(join(ROOT, 'apps/all-in-one/dist/main.js')).href);
