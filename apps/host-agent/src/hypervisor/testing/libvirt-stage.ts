import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { aFolder, until } from '@vfleet/testing';
import { libvirtDriver } from '../libvirt.js';
import type { GuestManners, Stage } from './stage.js';

interface PlayedDomain {
  readonly name: string;
  readonly uuid: string;
  readonly guest: GuestManners;
  readonly devices: readonly { readonly xml: string }[];
  /** Sources, as XML attributes, that another domain has. */
  readonly held: readonly string[];
  /** virsh was told to detach something, and said success. */
  readonly asked?: boolean;
}

export interface LibvirtStage extends Stage {
  readonly domain: () => PlayedDomain;
  change(change: Partial<PlayedDomain>): void;
}

const VIRSH = join(import.meta.dirname, '../../../fixtures/libvirt/virsh.mjs');

/** One domain of a libvirt that a script plays. Only one stage at a time: the script is told by the environment. */
export const aLibvirtStage = async (domain: Partial<PlayedDomain> = {}, vmId: 'name' | 'uuid' = 'name'): Promise<LibvirtStage> => {
  const folder = aFolder('libvirt');
  const file = join(folder, 'domain.json');
  process.env['VIRSH_STATE'] = folder;
  const read = (): PlayedDomain => JSON.parse(readFileSync(file, 'utf8')) as PlayedDomain;
  const change = (next: Partial<PlayedDomain>): void => {
    writeFileSync(`${file}.next`, JSON.stringify({ ...read(), ...next }));
    renameSync(`${file}.next`, file);
  };
  const first: PlayedDomain = { name: 'vm-1', uuid: '71ed5b1a-6f9e-4bf5-b5f4-14fed81cb023', guest: 'willing', devices: [], held: [], ...domain };
  writeFileSync(file, JSON.stringify(first));
  let changes = 0;
  const driver = libvirtDriver({ uri: 'qemu:///system', virsh: VIRSH, vmId }, { changed: () => (changes += 1) }, pino({ level: 'silent' }));
  await until('virsh to listen', () => existsSync(join(folder, 'listening')));
  return {
    driver,
    vmId: first.name,
    domain: read,
    change,
    changes: () => changes,
    guestIs: (guest) => change({ guest }),
    letGo: () => {
      change({ devices: [] });
      appendFileSync(join(folder, 'events'), `event 'device-removed' for domain '${first.name}': ua-${'a'.repeat(20)}\n`);
    },
    has: (address) => read().devices.some(({ xml }) => xml.includes(asAttributes(address))),
    takenElsewhere: async (address) => change({ held: [asAttributes(address)] }),
    close: () => driver.close(),
  };
};

const asAttributes = (address: string): string => {
  const [domain = '', bus = '', rest = ''] = address.split(':');
  const [slot = '', fn = ''] = rest.split('.');
  return `domain="0x${domain}" bus="0x${bus}" slot="0x${slot}" function="0x${fn}"`;
};
