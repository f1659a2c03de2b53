import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import type { HostUse, NetInterface } from '@vfleet/pci';
import { readInteger, readLinkName, readText } from './read.js';

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5,19}$/;
/** Linux `if_arp.h`: hardware types. */
const LINK_TYPES: Readonly<Record<number, string>> = { 1: 'ether', 32: 'infiniband' };
/** `addr_assign_type`: the address is the one that the device came with. */
const PERMANENT = 0;
/** A port of the card's internal switch that stands for a VF or sub-function: no port of the device's own. */
const REPRESENTOR = /^(c\d+)?pf\d+(vf|sf)\d+$/;
const MAX_INTERFACES = 64;

export interface NetReading {
  readonly net: readonly NetInterface[];
  readonly hostUse: readonly HostUse[];
}

const NONE: NetReading = { net: [], hostUse: [] };

/** The network interfaces of a function: its own, or those of the virtio device below it. */
export const readNet = (folder: string, entries: readonly string[]): NetReading => {
  const parents = entries.flatMap((entry) => (entry === 'net' ? [folder] : /^virtio\d{1,6}$/.test(entry) ? [`${folder}/${entry}`] : []));
  if (parents.length === 0) return NONE;
  const net: NetInterface[] = [];
  const hostUse: HostUse[] = [];
  for (const interfaceFolder of parents.flatMap(interfacesBelow).slice(0, MAX_INTERFACES)) {
    const one = readInterface(interfaceFolder);
    if (!one) continue;
    net.push(one);
    hostUse.push(...useOf(interfaceFolder, one.ifname));
  }
  return { net, hostUse };
};

const interfacesBelow = (parent: string): readonly string[] => {
  try {
    const entries = readdirSync(`${parent}/net`, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${parent}/net/${name}`)
      .sort();
  } catch {
    return [];
  }
};

const readInterface = (folder: string): NetInterface | undefined => {
  const mac = readText(`${folder}/address`)?.toLowerCase();
  const ifname = folder.slice(folder.lastIndexOf('/') + 1);
  if (mac === undefined || !MAC.test(mac) || ifname.length > 64) return undefined;
  if (REPRESENTOR.test(readText(`${folder}/phys_port_name`) ?? '')) return undefined;
  const speed = readInteger(`${folder}/speed`);
  const carrier = readInteger(`${folder}/carrier`);
  const linkType = LINK_TYPES[readInteger(`${folder}/type`) ?? -1];
  const [physPortId, physSwitchId] = [readText(`${folder}/phys_port_id`), readText(`${folder}/phys_switch_id`)];
  const permanentMac = permanentMacOf(folder, mac);
  return {
    ifname,
    mac,
    ...(permanentMac !== undefined && { permanentMac }),
    ...(speed !== undefined && speed > 0 && { speedMbps: speed }),
    ...(carrier !== undefined && { carrier: carrier === 1 }),
    ...(physPortId !== undefined && { physPortId: physPortId.slice(0, 128) }),
    ...(physSwitchId !== undefined && { physSwitchId: physSwitchId.slice(0, 128) }),
    ...(linkType !== undefined && { linkType }),
  };
};

/** A bond gives its members one address and keeps their own in `bonding_slave` (kernel documentation, bonding.rst). */
const permanentMacOf = (folder: string, mac: string): string | undefined => {
  if (existsSync(`${folder}/bonding_slave`)) {
    const own = readText(`${folder}/bonding_slave/perm_hwaddr`)?.toLowerCase();
    return own !== undefined && MAC.test(own) && !isNoMac(own) ? own : undefined;
  }
  return readInteger(`${folder}/addr_assign_type`) === PERMANENT && !isNoMac(mac) ? mac : undefined;
};

const isNoMac = (mac: string): boolean => /^(00|:)+$/.test(mac) || /^(ff|:)+$/.test(mac);

const useOf = (folder: string, ifname: string): readonly HostUse[] => {
  if (existsSync(`${folder}/brport`))
    return [{ code: 'bridge-port', detail: `${ifname} in ${readLinkName(`${folder}/brport/bridge`) ?? masterOf(folder)}` }];
  if (existsSync(`${folder}/bonding_slave`)) return [{ code: 'bond-member', detail: `${ifname} in ${masterOf(folder)}` }];
  return [];
};

const masterOf = (folder: string): string => {
  try {
    return readlinkSync(`${folder}/master`).split('/').at(-1) ?? '?';
  } catch {
    return '?';
  }
};
