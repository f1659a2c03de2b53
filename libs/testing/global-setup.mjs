import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = import.meta.dirname;
const root = join(folder, '../..');

/** The keeper runs outside of Jest, so it has to be built; that takes 0.2 s when nothing has changed. */
const build = () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`libs/testing does not build:\n${stdout}${stderr}`);
};

/** Jest's globalSetup: makes the folder of this run and starts its keeper (src/keeper.ts). */
export default async () => {
  build();
  const run = mkdtempSync(join(tmpdir(), 'vfleet-specs-'));
  const keeper = spawn(process.execPath, [join(folder, 'dist/keeper.js'), run], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([
    once(keeper.stdout, 'data'),
    once(keeper, 'exit').then(() => {
      throw new Error('the keeper of the specs did not start');
    }),
  ]);
  keeper.stdout.destroy();
  keeper.unref();
  keeper.stdin.unref();
  globalThis.vfleetKeeper = keeper;
  process.env.VFLEET_TEST_RUN = run;
};
