import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ipLinkSetVf } from './vf-network.js';

let folder: string;
let ip: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vfleet-ip-'));
  [ip, said] = [join(folder, 'ip'), join(folder, 'said')];
  plays('');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program in the place of `ip` that writes down what it is told, each word on a line of its own. */
const plays = (end: string): void => {
  writeFileSync(ip, `#!/bin/sh\nprintf '%s\\n' "$@" > '${said}'\n${end}\n`);
  chmodSync(ip, 0o755);
};
const told = (): string => (existsSync(said) ? readFileSync(said, 'utf8').trim().split('\n').join(' | ') : 'nothing');

describe('the network of a virtual function', () => {
  it('is set through its PF, MAC and VLAN in one go', async () => {
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 3 }, mac: '52:54:00:00:00:01', vlan: 7 });
    expect(told()).toBe('link | set | dev | ens1f0 | vf | 3 | mac | 52:54:00:00:00:01 | vlan | 7');
  });

  it('loses its VLAN when none is wanted, and keeps what nothing is said of', async () => {
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 0 }, vlan: 0 });
    expect(told()).toBe('link | set | dev | ens1f0 | vf | 0 | vlan | 0');
  });

  it('is left alone where nothing is said, or where there is no virtual function', async () => {
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 0 } });
    await ipLinkSetVf(ip)({ mac: '52:54:00:00:00:01' });
    expect(told()).toBe('nothing');
  });

  it('goes through no shell: a name is one word, whatever is in it', async () => {
    await ipLinkSetVf(ip)({ vf: { pf: '$(touch x); ens1f0', index: 0 }, vlan: 1 });
    expect(told()).toBe('link | set | dev | $(touch x); ens1f0 | vf | 0 | vlan | 1');
  });

  it('says in the words of the program why it could not be set', async () => {
    plays('echo "RTNETLINK answers: Operation not permitted" >&2; exit 2');
    await expect(ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 0 }, vlan: 1 })).rejects.toThrow('Operation not permitted');
    await expect(ipLinkSetVf(join(folder, 'none'))({ vf: { pf: 'ens1f0', index: 0 }, vlan: 1 })).rejects.toThrow('ENOENT');
  });
});
