import { existsSync } from 'node:fs';
import type { HostUse } from '@vfleet/pci';
import { followIfThere, listIfThere } from './bus-folders.js';
import { readLines, readLinkName, readText } from './read.js';
import { isInterfaceName } from './text.js';

/** IPv6 addresses of this scope reach beyond their link (Linux `IPV6_ADDR_SCOPE_GLOBAL`, man 5 proc: if_inet6). */
const GLOBAL_SCOPE = '00';
/** 169.254.0.0 as `/proc/net/route` writes it on a little-endian machine: an address nobody gave. */
const LINK_LOCAL = '0000FEA9';
const NOTHING = '00000000';
/** `RTF_REJECT`: a route that leads nowhere (Linux `route.h`). */
const REJECT = 0x0200;
const NETS = ['1/net', 'net', 'self/net'];

export interface NetUses {
  /** Folders of the interfaces that the host needs for itself, each with what for. */
  readonly uses: readonly (readonly [string, HostUse])[];
  /** False where no table of routes can be read. */
  readonly routed: boolean;
}

export const netUses = (root: string, procRoot: string): NetUses => {
  const interfaces = readInterfaces(root);
  const named = [...interfaces.names].flatMap((name) => memberUse(root, name, interfaces)).concat(routeUses(procRoot));
  return {
    uses: named.flatMap(([name, use]) => interfaces.foldersBelow(name).map((folder) => [folder, use] as const)),
    routed: tableOf(procRoot, 'route') !== undefined,
  };
};

type NamedUse = readonly [ifname: string, use: HostUse];

/** A port of a bridge, or a member of a bond or team. A VRF is a routing table, and needs nothing by itself. */
const memberUse = (root: string, name: string, { masterOf }: Interfaces): readonly NamedUse[] => {
  const folder = `${root}/class/net/${name}`;
  const master = masterOf(name);
  if (existsSync(`${folder}/bonding_slave`)) return [[name, { code: 'bond-member', detail: `${name} in ${master ?? '?'}` }]];
  if (existsSync(`${folder}/brport`))
    return [[name, { code: 'bridge-port', detail: `${name} in ${master ?? readLinkName(`${folder}/brport/bridge`) ?? '?'}` }]];
  if (master === undefined || /^DEVTYPE=vrf$/m.test(readText(`${root}/class/net/${master}/uevent`) ?? '')) return [];
  return [[name, { code: master === 'ovs-system' ? 'bridge-port' : 'bond-member', detail: `${name} in ${master}` }]];
};

const routeUses = (procRoot: string): readonly NamedUse[] => {
  const uses = new Map<string, NamedUse>();
  const add = (name: string | undefined, code: string, detail: string): void => {
    if (name !== undefined && isInterfaceName(name)) uses.set(`${name} ${code}`, [name, { code, detail }]);
  };
  const addRoute = (name: string | undefined): void => add(name, 'default-route', `the default route leads through ${name}`);
  const addAddress = (name: string | undefined): void => add(name, 'management', `the host has an address on ${name}`);
  for (const [name, destination, gateway, flags, , , , mask] of rows(procRoot, 'route')) {
    if (isReject(flags)) continue;
    if (destination === NOTHING && mask === NOTHING) addRoute(name);
    else if (gateway === NOTHING && destination !== LINK_LOCAL) addAddress(name);
  }
  for (const fields of rows(procRoot, 'ipv6_route'))
    if (/^0{32}$/.test(fields[0] ?? '') && fields[1] === '00' && fields.at(-1) !== 'lo' && !isReject(fields[8])) addRoute(fields.at(-1));
  for (const [, , , scope, , name] of rows(procRoot, 'if_inet6')) if (scope === GLOBAL_SCOPE) addAddress(name);
  return [...uses.values()];
};

const isReject = (flags: string | undefined): boolean => (parseInt(flags ?? '', 16) & REJECT) !== 0;

/** A table of the host's own network, else of the one that the agent is in. */
const tableOf = (procRoot: string, table: string): readonly string[] | undefined =>
  NETS.map((net) => readLines(`${procRoot}/${net}/${table}`)).find((found) => found !== undefined);

const rows = (procRoot: string, table: string): readonly (readonly string[])[] =>
  (tableOf(procRoot, table) ?? []).map((line) => line.trim().split(/\s+/));

interface Interfaces {
  readonly names: ReadonlySet<string>;
  readonly masterOf: (name: string) => string | undefined;
  /** Folders of an interface and of all that it lies on: the members of a bond, the ports of a bridge, what a VLAN is on. */
  readonly foldersBelow: (name: string) => readonly string[];
}

const readInterfaces = (root: string): Interfaces => {
  const names = new Set(listIfThere(`${root}/class/net`).filter(isInterfaceName));
  const masters = new Map([...names].flatMap((name) => [[name, readLinkName(`${root}/class/net/${name}/master`)] as const]));
  const lowers = new Map<string, Set<string>>();
  const put = (upper: string | undefined, lower: string): void => {
    if (upper !== undefined) lowers.set(upper, (lowers.get(upper) ?? new Set()).add(lower));
  };
  for (const name of names) {
    put(masters.get(name), name);
    const folder = `${root}/class/net/${name}`;
    for (const entry of listIfThere(folder)) if (entry.startsWith('lower_')) put(name, entry.slice('lower_'.length));
    for (const port of listIfThere(`${folder}/brif`)) put(name, port);
    for (const member of readText(`${folder}/bonding/slaves`)?.split(/\s+/) ?? []) put(name, member);
  }
  const below = (name: string, seen: Set<string>): readonly string[] => {
    if (seen.has(name) || !names.has(name)) return [];
    seen.add(name);
    const folder = followIfThere(root, `${root}/class/net/${name}`);
    return [...(folder === undefined ? [] : [folder]), ...[...(lowers.get(name) ?? [])].flatMap((lower) => below(lower, seen))];
  };
  return { names, masterOf: (name) => masters.get(name), foldersBelow: (name) => below(name, new Set()) };
};
