import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { aFolder, until } from '@vfleet/testing';
import { isAlive } from '@vfleet/embedded';

const PROGRESS = pathToFileURL(join(import.meta.dirname, '../../../scripts/progress.mjs')).href;

/** What `npm start` does with a step: says what it does, runs it, and tells how it ended. */
const stepOf = (program: string) => {
  const code = `
    import { step } from '${PROGRESS}';
    await step('installing', process.execPath, ['-e', ${JSON.stringify(program)}]).catch(({ message }) => console.log('told: ' + message));`;
  const folder = aFolder('step');
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { child, folder, ended: once(child, 'close'), said: () => said };
};

describe('a step of the start', () => {
  it('tells what a program wrote that failed, and what to do', async () => {
    const { ended, said } = stepOf(`console.error('npm error ENOSPC: no space left on device'); process.exit(1)`);
    await ended;
    expect(said()).toContain('npm error ENOSPC');
    expect(said()).toContain('told: installing failed: the disk is full: free some space and start again');
  });

  it('that is interrupted has stopped soon, also where its program goes on, and is no failure', async () => {
    const deaf = `process.on('SIGINT', () => {}); require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)`;
    const { child, folder, ended, said } = stepOf(deaf);
    const program = await until('the program to run', () => existsSync(join(folder, 'pid')) && Number(readFileSync(join(folder, 'pid'), 'utf8')));
    child.kill('SIGINT');
    await ended;
    expect(said()).toContain('told: installing: stopped');
    expect(isAlive(program)).toBe(false);
  });
});
