import type { Command } from 'commander';
import { toAt } from '../moment.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { DEVICES } from '../render/devices.js';
import { listView } from '../render/format.js';
import { HISTORY } from '../render/history.js';
import { HOLDINGS } from '../render/pools.js';
import { shows } from '../shows.js';
import { SINCE, isBefore, type SinceOptions } from '../since-option.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { DEVICE, idOf } from './device-changes.js';

/** What was with a device, and what hangs together with it. */
export const addDevicePast = (devices: Command, terminal: Terminal): void => {
  addHistory(devices, terminal);
  addHolders(devices, terminal);
  addAffected(devices, terminal);
};

const addHistory = (devices: Command, terminal: Terminal): void => {
  const history = addVerb(devices, {
    name: 'history',
    tells: 'list what happened to a device, newest first',
    asks: ['devices.history', 'devices.get'],
    examples: ['vfleet devices history h1/0000:28:02.0 --since 1d'],
  })
    .argument('<device>', DEVICE)
    .option(...SINCE);
  shows<[string], PagesOptions & SinceOptions>(withPages(history), terminal, {
    see: async (client, [device], options) => {
      const until = isBefore(options);
      const deviceId = await idOf(client, device);
      const empty = 'Nothing has happened to it.';
      return listed(client, 'devices.history', { deviceId }, options, { kind: HISTORY, empty, until });
    },
    wakes: () => ({ subjects: ['vfleet.evt.device.>', 'vfleet.evt.vm.>'] }),
  });
};

const addHolders = (devices: Command, terminal: Terminal): void => {
  const holders = addVerb(devices, {
    name: 'holders',
    tells: 'list the VMs that have held a device, and when',
    asks: ['devices.holders', 'devices.get'],
    examples: ['vfleet devices holders h1/0000:28:02.0 --from 7d'],
  })
    .argument('<device>', DEVICE)
    .option('--from <when>', 'a time, how long ago (2h), or a position of the journal')
    .option('--to <when>', 'a time, how long ago (2h), or a position of the journal');
  shows<[string], { readonly from?: string; readonly to?: string }>(holders, terminal, {
    see: async (client, [device], { from, to }) => {
      const span = { ...(from !== undefined && { from: toAt('--from', from) }), ...(to !== undefined && { to: toAt('--to', to) }) };
      const { items } = await client.request('devices.holders', { deviceId: await idOf(client, device), ...span });
      return listView(HOLDINGS, items, 'No VM has held it.');
    },
    wakes: () => ({ subjects: ['vfleet.evt.vm.>'] }),
  });
};

const addAffected = (devices: Command, terminal: Terminal): void => {
  const affected = addVerb(devices, {
    name: 'affected',
    tells: 'list what its host loses with a device: its IOMMU group, and what is below it',
    asks: ['devices.affected', 'devices.get'],
    examples: ['vfleet devices affected h1/0000:28:02.0'],
  }).argument('<device>', DEVICE);
  shows<[string]>(affected, terminal, {
    see: async (client, [device]) => {
      const { items } = await client.request('devices.affected', { deviceId: await idOf(client, device) });
      return listView(DEVICES, items, 'Nothing goes along with it.');
    },
  });
};
