import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ServerStartError } from '@vfleet/embedded';
import { AlreadyRunning, openDataDirectory } from './data-directory.js';

describe('a data directory', () => {
  it('is made with all folders above it, and is its owner’s alone', async () => {
    const above = mkdtempSync(join(tmpdir(), 'vfleet-'));
    const folder = join(above, 'deep', 'down');
    const data = await openDataDirectory(folder);
    expect(statSync(data.path('logs')).mode & 0o777).toBe(0o700);
    await expect(openDataDirectory(folder)).rejects.toThrow(AlreadyRunning);
    data.release();
    rmSync(above, { recursive: true });
  });

  it.each(['/proc/vfleet', '/dev/null/vfleet'])('that nobody can make is told at once: %s', async (folder) => {
    await expect(openDataDirectory(folder)).rejects.toThrow(ServerStartError);
    await expect(openDataDirectory(folder)).rejects.toThrow(folder);
  });
});
