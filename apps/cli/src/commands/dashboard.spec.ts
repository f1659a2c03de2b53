import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { aFolder } from '@vfleet/testing';
import type { Environment } from '../config.js';
import { writeContexts } from '../contexts.js';
import { NO_PAINT } from '../render/paint.js';
import { run } from '../run.js';

const vfleet = async (environment: Environment, ...words: string[]) => {
  let [out, note] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), note: (text: string) => void (note += text), paint: NO_PAINT };
  const code = await run(words, { ...terminal, environment, stopped: new AbortController().signal });
  return { code, out, note };
};

describe('vfleet dashboard', () => {
  it('says where the local system’s is, and where its token stands as soon as there is one', async () => {
    const folder = aFolder('data');
    const environment = { VFLEET_DATA_DIR: folder, XDG_CONFIG_HOME: folder };
    fs.writeFileSync(path.join(folder, 'endpoints.json'), JSON.stringify({ natsUrl: 'nats://127.0.0.1:1', httpUrl: 'http://127.0.0.1:8080' }));
    expect(await vfleet(environment, 'dashboard', '-o', 'name')).toMatchObject({ code: 0, out: 'http://127.0.0.1:8080\n' });
    expect((await vfleet(environment, 'dashboard')).out).toMatch(/^address +http:\/\/127\.0\.0\.1:8080\ntoken +-\n$/);
    fs.writeFileSync(path.join(folder, 'dashboard-token'), 'secret');
    const { out } = await vfleet(environment, 'dashboard');
    expect(out).toContain(`in ${path.join(folder, 'dashboard-token')}`);
    expect(out).not.toContain('secret');
  });

  it('says where a context’s is, or how to say it', async () => {
    const home = { XDG_CONFIG_HOME: aFolder('home') };
    writeContexts(home, { current: 'prod', contexts: { prod: { server: 'nats://a:1', dashboard: 'https://v' }, lab: { server: 'nats://b:1' } } });
    expect(await vfleet(home, 'dashboard', '-o', 'name')).toMatchObject({ code: 0, out: 'https://v\n' });
    expect(await vfleet(home, 'dashboard', '--context', 'lab')).toMatchObject({ code: 5, note: expect.stringContaining('--dashboard') as never });
  });

  it('ends with 5 where nothing runs', async () => {
    const none = aFolder('none');
    expect(await vfleet({ VFLEET_DATA_DIR: none, XDG_CONFIG_HOME: none }, 'dashboard')).toMatchObject({ code: 5, out: '' });
  });
});
