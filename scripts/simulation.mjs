/**
 * `npm run test:simulation`: installs and builds what is missing, then runs seeds of the simulation. Arguments go to
 * simulation/src/main.ts, which tells of them when they are wrong. `npm test` runs always the same seeds, and the controls.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';
import { passSignals } from './progress.mjs';

try {
  await prepare();
  const child = spawn(process.execPath, [join(ROOT, 'simulation/dist/main.js'), ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
  passSignals(child);
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} catch (error) {
  process.stderr.write(`vfleet: ${error.message}\n`);
  process.exitCode = 1;
}
