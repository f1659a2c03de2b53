/**
 * `npm run test:faults`: installs and builds what is missing, then runs rows of the fault matrix against real servers and real
 * services. Arguments go to faults/src/main.ts: numbers or names of rows, `--quick`, `--list`, `--control-only`, `--runs N`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import clearAway from '../libs/testing/global-teardown.mjs';
import startKeeper from '../libs/testing/global-setup.mjs';
import { prepare, ROOT } from './prepare.mjs';
import { passSignals } from './progress.mjs';

const run = async (args) => {
  const child = spawn(process.execPath, [join(ROOT, 'faults/dist/main.js'), ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  passSignals(child);
  const [code] = await once(child, 'exit');
  return code ?? 1;
};

try {
  await prepare();
  // The keeper stops whatever the rows leave behind, also when this process is killed.
  await startKeeper();
  try {
    process.exitCode = await run(process.argv.slice(2));
  } finally {
    await clearAway();
  }
} catch (error) {
  process.stderr.write(`vfleet: ${error.message}\n`);
  process.exitCode = 1;
}
