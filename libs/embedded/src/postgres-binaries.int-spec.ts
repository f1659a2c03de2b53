import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { postgresBinaries, reachableBinaries } from './postgres-binaries.js';
import { serverUser } from './server-user.js';

describe('the binaries of PostgreSQL', () => {
  it('run for the user that the server runs as, also when they are installed where only their owner may enter', () => {
    const user = serverUser('/nonexistent');
    const hidden = join(aFolder('checkout'), 'native');
    const open = mkdtempSync(join(tmpdir(), 'vfleet-copies-'));
    chmodSync(open, 0o755);
    cpSync(dirname(dirname(postgresBinaries().postgres)), hidden, { recursive: true, verbatimSymlinks: true });
    chmodSync(join(hidden, 'lib'), 0o700);
    const { postgres, initdb } = reachableBinaries(hidden, join(open, 'postgresql'), user);
    for (const binary of [postgres, initdb]) expect(spawnSync(binary, ['--version'], { cwd: '/', ...user }).status).toBe(0);
    rmSync(open, { recursive: true });
  });
});
