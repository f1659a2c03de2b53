import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import clearAway from '../libs/testing/global-teardown.mjs';
import startKeeper from '../libs/testing/global-setup.mjs';
import { prepare, ROOT } from './prepare.mjs';
import { passSignals } from './progress.mjs';

const run = async (program) => {
  const child = spawn(process.execPath, [join(ROOT, program), ...process.argv.slice(2)], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  passSignals(child);
  const [code] = await once(child, 'exit');
  return code ?? 1;
};

/**
 * Installs and builds what is missing, and runs a program of this repository with our own arguments and exit code. The keeper stops
 * whatever it leaves behind, also when this process is killed.
 */
export const runWithKeeper = async (program) => {
  try {
    await prepare();
    await startKeeper();
    try {
      process.exitCode = await run(program);
    } finally {
      await clearAway();
    }
  } catch (error) {
    process.stderr.write(`vfleet: ${error.message}\n`);
    process.exitCode = 1;
  }
};
