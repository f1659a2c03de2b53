import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { findNatsServer } from './nats-binary.js';
import { takeFromImage } from './nats-image.js';

const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
});

const pretend = (folder: string, version: string): string => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nats-server');
  writeFileSync(file, `#!/bin/sh\necho nats-server: v${version}\n`);
  chmodSync(file, 0o755);
  return file;
};

describe('finding a nats-server', () => {
  it('takes the one on PATH first', async () => {
    const folder = aFolder('path');
    const file = pretend(folder, '2.9.10');
    process.env['PATH'] = `${folder}:${path}`;
    expect(await findNatsServer()).toBe(file);
  });

  it('passes over one that is too old or does not run', async () => {
    const [old, broken, good] = [aFolder('old'), aFolder('broken'), aFolder('good')];
    pretend(old, '2.8.4');
    symlinkSync('/nonexistent', join(broken, 'nats-server'));
    const file = pretend(good, '2.10.1');
    process.env['PATH'] = `${old}:${broken}:${good}:${path}`;
    expect(await findNatsServer()).toBe(file);
  });

  it('takes it out of its image where a container engine answers', async () => {
    const [bin, tools] = [aFolder('engine'), aFolder('tools')];
    const log = join(bin, 'asked');
    const engine = `#!/bin/sh
echo "$1" >> ${log}
case "$1" in
  create) echo 'pulling…' >&2; echo c0ffee ;;
  cp) printf '#!/bin/sh\\necho nats-server: v2.10.9\\n' > "$3" && chmod +x "$3" ;;
esac
`;
    writeFileSync(join(bin, 'docker'), engine);
    chmodSync(join(bin, 'docker'), 0o755);
    process.env['PATH'] = `${bin}:/bin:/usr/bin`;
    expect(await takeFromImage(tools)).toBeUndefined();
    expect(readFileSync(log, 'utf8').split('\n')).toEqual(['info', 'create', 'cp', 'rm', '']);
    expect(execFileSync(join(tools, 'nats-server'), { encoding: 'utf8' })).toBe('nats-server: v2.10.9\n');
  });

  it('asks no engine that does not answer', async () => {
    const bin = aFolder('no-engine');
    for (const name of ['docker', 'podman']) {
      writeFileSync(join(bin, name), '#!/bin/sh\nexit 1\n');
      chmodSync(join(bin, name), 0o755);
    }
    process.env['PATH'] = `${bin}:/bin:/usr/bin`;
    expect(await takeFromImage(aFolder('tools'))).toBe('no container engine answers');
  });
});
