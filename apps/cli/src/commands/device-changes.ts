import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import { UsageError } from '../exit-codes.js';
import { DEVICES } from '../render/devices.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { toDevice } from './devices.js';

export const DEVICE = 'its device id, or host/address: h1/0000:28:02.1';

/** What operators say of one device. */
export const addDeviceChanges = (devices: Command, terminal: Terminal): void => {
  addCordon(
    devices,
    terminal,
    'cordon',
    'give a device to nobody new; who holds it keeps it',
    "vfleet devices cordon h1/0000:28:02.0 --reason 'its fan is loud'",
  );
  addCordon(devices, terminal, 'uncordon', 'let a device be given again', 'vfleet devices uncordon h1/0000:28:02.0');
  addTag(devices, terminal);
};

const addCordon = (devices: Command, terminal: Terminal, verb: 'cordon' | 'uncordon', tells: string, example: string): void => {
  const cordon = addVerb(devices, { name: verb, tells, asks: [`devices.${verb}`, 'devices.get'], examples: [example] })
    .argument('<device>', DEVICE)
    .option('--reason <text>', 'kept in its history');
  shows<[string], { readonly reason?: string }>(cordon, terminal, {
    see: async (client, [device], { reason }) => {
      const deviceId = await idOf(client, device);
      return recordView(DEVICES, await client.request(`devices.${verb}`, { deviceId, ...(reason !== undefined && { reason }) }));
    },
  });
};

const addTag = (devices: Command, terminal: Terminal): void => {
  const tag = addVerb(devices, {
    name: 'tag',
    tells: 'change tags of a device; what is said here goes before what its agent says',
    asks: ['devices.tag', 'devices.get'],
    examples: ['vfleet devices tag h1/0000:28:02.0 rack=b4 owner-'],
  })
    .argument('<device>', DEVICE)
    .argument('<changes...>', 'key=value, or key- to take a tag away');
  shows<[string, readonly string[]]>(tag, terminal, {
    see: async (client, [device, changes]) => {
      const tags = toTags(changes);
      return recordView(DEVICES, await client.request('devices.tag', { deviceId: await idOf(client, device), tags }));
    },
  });
};

/** An address is looked up first: what is said is of the device that is there now. */
export const idOf = async (client: VfleetClient, text: string): Promise<string> => {
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
