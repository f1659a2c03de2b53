import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import { unavailable, type HostsProbed } from '@vfleet/contracts';
import { progressOf } from '../progress.js';
import { recordView, type Kind } from '../render/format.js';
import { treeView } from '../render/pools.js';
import { counted } from '../render/text.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

/** What hosts have, and having them look again. */
export const addHardware = (hosts: Command, terminal: Terminal): void => {
  const tree = addVerb(hosts, {
    name: 'tree',
    tells: 'show the devices of a host below their root ports, controllers and PFs',
    asks: ['hosts.tree'],
    examples: ['vfleet hosts tree h1'],
  }).argument('<hostId>');
  shows<[string]>(tree, terminal, {
    see: async (client, [hostId]) => treeView(hostId, await client.request('hosts.tree', { hostId })),
    wakes: ([hostId]) => ({ subjects: [`vfleet.evt.device.${hostId}.>`, `vfleet.evt.vm.${hostId}.>`, `vfleet.evt.host.${hostId}.>`] }),
  });
  const probe = addVerb(hosts, {
    name: 'probe',
    tells: 'have agents look at their hardware at once; without hosts all of them',
    asks: ['hosts.probe', 'hosts.list'],
    examples: ['vfleet hosts probe h1 h2', 'vfleet hosts probe'],
  }).argument('[hostIds...]');
  shows<[readonly string[]]>(probe, terminal, {
    see: async (client, [hostIds]) => {
      const probed = await probeAll(client, hostIds.length > 0 ? hostIds : await everyHost(client), terminal);
      const missing = probed.unreachable.length;
      return { ...recordView(PROBED, probed), ...(missing > 0 && { ends: unavailable(`${counted(missing, 'host')} cannot be reached`) }) };
    },
  });
};

const PROBED: Kind<HostsProbed> = {
  columns: [
    { head: 'LOOKED', of: ({ probed }) => probed.join(' ') },
    { head: 'UNREACHABLE', of: ({ unreachable }) => unreachable.join(' '), tone: ({ unreachable }) => (unreachable.length > 0 ? 'bad' : undefined) },
  ],
  name: ({ probed }) => probed.join('\n'),
};

/** Hosts that are probed by one request: as many as look at the same time, so that something can be told in between. */
const AT_ONCE = 32;

const probeAll = async (client: VfleetClient, hostIds: readonly string[], terminal: Terminal): Promise<HostsProbed> => {
  const progress = progressOf(terminal, 'hosts', hostIds.length);
  const all: HostsProbed = { probed: [], unreachable: [] };
  try {
    for (let from = 0; from < hostIds.length; from += AT_ONCE) {
      const { probed, unreachable } = await client.request('hosts.probe', { hostIds: hostIds.slice(from, from + AT_ONCE) });
      all.probed.push(...probed);
      all.unreachable.push(...unreachable);
      progress.reached(Math.min(hostIds.length, from + AT_ONCE));
    }
  } finally {
    progress.end();
  }
  return all;
};

const everyHost = async (client: VfleetClient): Promise<readonly string[]> => {
  const hostIds: string[] = [];
  for await (const { hostId } of client.requestPages('hosts.list', { limit: 1_000 })) hostIds.push(hostId);
  return hostIds;
};
