import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { findNatsServer } from './nats-binary.js';

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
});
