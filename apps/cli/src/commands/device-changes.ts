import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import { UsageError } from '../exit-codes.js';
import { withClient } from '../options.js';
import { DEVICE_COLUMNS, deviceView } from '../render/devices.js';
import { renderList, renderRecord } from '../render/format.js';
import { HOLDING_COLUMNS } from '../render/pools.js';
import type { Terminal } from '../terminal.js';
import { toDevice } from './devices.js';

const DEVICE = 'its device id, or host/address: h1/0000:28:02.1';

/** What operators say of one device, and what they ask before they do. */
export const addDeviceChanges = (devices: Command, terminal: Terminal): void => {
  for (const [verb, description] of [
    ['cordon', 'give a device to nobody new; who holds it keeps it'],
    ['uncordon', 'let a device be given again'],
  ] as const)
    devices
      .command(verb)
      .description(description)
      .argument('<device>', DEVICE)
      .option('--reason <text>', 'kept in its history')
      .action(async (device: string, { reason }: { readonly reason?: string }, command: Command) =>
        withClient(command, terminal, async (client, { output }) => {
          const changed = await client.request(`devices.${verb}`, { deviceId: await idOf(client, device), ...(reason !== undefined && { reason }) });
          terminal.out(renderRecord(deviceView(changed), output, terminal.paint));
        }),
      );
  addTag(devices, terminal);
  addQuestions(devices, terminal);
};

const addTag = (devices: Command, terminal: Terminal): void => {
  devices
    .command('tag')
    .description('change tags of a device; what is said here goes before what its agent says')
    .argument('<device>', DEVICE)
    .argument('<changes...>', 'key=value, or key- to take a tag away')
    .action(async (device: string, changes: readonly string[], _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const tagged = await client.request('devices.tag', { deviceId: await idOf(client, device), tags: toTags(changes) });
        terminal.out(renderRecord(deviceView(tagged), output, terminal.paint));
      }),
    );
};

const addQuestions = (devices: Command, terminal: Terminal): void => {
  devices
    .command('affected')
    .description('list what its host loses with a device: its IOMMU group, and what is below it')
    .argument('<device>', DEVICE)
    .action(async (device: string, _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const { items } = await client.request('devices.affected', { deviceId: await idOf(client, device) });
        terminal.out(renderList({ items, columns: DEVICE_COLUMNS, empty: 'Nothing goes along with it.' }, output, terminal.paint));
      }),
    );
  devices
    .command('holders')
    .description('list the VMs that have held a device, and when')
    .argument('<device>', DEVICE)
    .option('--from <time>', 'a time, or a position of the journal')
    .option('--to <time>', 'a time, or a position of the journal')
    .action(async (device: string, span: { readonly from?: string; readonly to?: string }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const { items } = await client.request('devices.holders', { deviceId: await idOf(client, device), ...span });
        terminal.out(renderList({ items, columns: HOLDING_COLUMNS, empty: 'No VM has held it.' }, output, terminal.paint));
      }),
    );
};

/** An address is looked up first: changes are made of the device that is there now. */
const idOf = async (client: VfleetClient, text: string): Promise<string> => {
  const asked = toDevice(text);
  return asked.deviceId ?? (await client.request('devices.get', asked)).deviceId;
};

/** @throws UsageError */
export const toTags = (changes: readonly string[]): Record<string, string | null> =>
  Object.fromEntries(
    changes.map((change) => {
      const [key = '', ...value] = change.split('=');
      if (value.length > 0 && key !== '') return [key, value.join('=')];
      if (value.length === 0 && /.-$/.test(change)) return [change.slice(0, -1), null];
      throw new UsageError(`${change} is no change of a tag; write rack=b4, or rack- to take it away`);
    }),
  );
