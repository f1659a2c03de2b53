import { existsSync, readdirSync } from 'node:fs';
import type { NetInterface } from '@vfleet/pci';
import { readInteger, readText } from './read.js';
import { interfaceName } from './text.js';

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5,19}$/;
/** Linux `if_arp.h`: hardware types. */
const LINK_TYPES: Readonly<Record<number, string>> = { 1: 'ether', 32: 'infiniband' };
/** `addr_assign_type`: the address is the one that the device came with. */
const PERMANENT = 0;
/** A port of the card's internal switch that stands for a VF or sub-function: no port of the device's own. */
const REPRESENTOR = /^(c\d+)?pf\d+(vf|sf)\d+$/;
const MAX_INTERFACES = 64;
const PORT_ID = /^[\x21-\x7e]{1,128}$/;

/** The network interfaces of a device: its own, or those of the virtio device below it. @throws Unreadable */
export const readNet = (folder: string, entries: readonly string[]): readonly NetInterface[] =>
  entries
    .flatMap((entry) => (entry === 'net' ? [folder] : /^virtio\d{1,6}$/.test(entry) ? [`${folder}/${entry}`] : []))
    .flatMap(interfacesBelow)
    .slice(0, MAX_INTERFACES)
    .flatMap((interfaceFolder) => readInterface(interfaceFolder) ?? []);

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
  const ifname = interfaceName(folder.slice(folder.lastIndexOf('/') + 1));
  if (mac === undefined || !MAC.test(mac)) return undefined;
  if (REPRESENTOR.test(readText(`${folder}/phys_port_name`) ?? '')) return undefined;
  const speed = readInteger(`${folder}/speed`);
  const carrier = readInteger(`${folder}/carrier`);
  const linkType = LINK_TYPES[readInteger(`${folder}/type`) ?? -1];
  const [physPortId, physSwitchId] = [readPortId(`${folder}/phys_port_id`), readPortId(`${folder}/phys_switch_id`)];
  const permanentMac = permanentMacOf(folder, mac);
  return {
    ifname,
    mac,
    ...(permanentMac !== undefined && { permanentMac }),
    ...(speed !== undefined && speed > 0 && { speedMbps: speed }),
    ...(carrier !== undefined && { carrier: carrier === 1 }),
    ...(physPortId !== undefined && { physPortId }),
    ...(physSwitchId !== undefined && { physSwitchId }),
    ...(linkType !== undefined && { linkType }),
  };
};

/** Up to 32 bytes as hex digits (Linux `MAX_PHYS_ITEM_ID_LEN`); some drivers write a name. */
const readPortId = (path: string): string | undefined => {
  const id = readText(path);
  return id !== undefined && PORT_ID.test(id) ? id : undefined;
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
