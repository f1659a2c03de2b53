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

/** A program in the place of `ip` that answers what it is asked, and writes down what it is told, each word on a line of its own. */
const plays = (end: string, shows = '[]'): void => {
  writeFileSync(join(folder, 'shows'), shows);
  writeFileSync(ip, `#!/bin/sh\n[ "$1" = -j ] && exec cat '${folder}/shows'\nprintf '%s\\n' "$@" > '${said}'\n${end}\n`);
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

  const MAC = '52:54:00:00:00:01';
  const shows = (...vfs: readonly object[]): void => plays('', JSON.stringify([{ ifname: 'ens1f0', vfinfo_list: vfs }]));

  it.each<[string, object]>([
    ['as iproute2 tells it', { vf: 3, link_type: 'ether', address: MAC, vlan_list: [{ vlan: 7 }] }],
    ['as older ones told it', { vf: 3, mac: MAC.toUpperCase(), vlan: 7 }],
  ])('is not written to where it is so already, %s', async (_, vf) => {
    shows({ vf: 0, address: '00:00:00:00:00:00' }, vf);
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 3 }, mac: MAC, vlan: 7 });
    expect(told()).toBe('nothing');
  });

  it.each<[string, object, string]>([
    ['the VLAN where the MAC is right', { vf: 3, address: MAC, vlan_list: [{ vlan: 8 }] }, 'vlan | 7'],
    ['the MAC where the VLAN is right', { vf: 3, address: '52:54:00:00:00:02', vlan_list: [{ vlan: 7 }] }, `mac | ${MAC}`],
    ['the VLAN where there is none', { vf: 3, address: MAC }, 'vlan | 7'],
    ['the VLAN where there are two', { vf: 3, address: MAC, vlan_list: [{ vlan: 7 }, { vlan: 9 }] }, 'vlan | 7'],
    ['both where another one is right', { vf: 2, address: MAC, vlan_list: [{ vlan: 7 }] }, `mac | ${MAC} | vlan | 7`],
    ['both where it makes no sense', { vf: '3', address: 7, vlan_list: 'x' }, `mac | ${MAC} | vlan | 7`],
  ])('is written only in what differs: %s', async (_, vf, written) => {
    shows(vf);
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 3 }, mac: MAC, vlan: 7 });
    expect(told()).toBe(`link | set | dev | ens1f0 | vf | 3 | ${written}`);
  });

  it('keeps having no VLAN without being told', async () => {
    shows({ vf: 0, address: MAC });
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 0 }, vlan: 0 });
    expect(told()).toBe('nothing');
  });

  it('is set also by a program that cannot tell', async () => {
    plays('', 'Option "-j" is unknown');
    await ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 0 }, vlan: 0 });
    expect(told()).toBe('link | set | dev | ens1f0 | vf | 0 | vlan | 0');
  });

  it('says in the words of the program why it could not be set', async () => {
    plays('echo "RTNETLINK answers: Operation not permitted" >&2; exit 2');
    await expect(ipLinkSetVf(ip)({ vf: { pf: 'ens1f0', index: 0 }, vlan: 1 })).rejects.toThrow('Operation not permitted');
    await expect(ipLinkSetVf(join(folder, 'none'))({ vf: { pf: 'ens1f0', index: 0 }, vlan: 1 })).rejects.toThrow('ENOENT');
  });
});
