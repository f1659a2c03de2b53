import type { Command } from 'commander';
import type { DetachedFromVm, Reservation } from '@vfleet/contracts';
import { UsageError } from '../exit-codes.js';
import { recordView } from '../render/format.js';
import { RESERVATIONS, heldView } from '../render/vms.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { toRequests, withRequests, type RequestOptions } from '../wish-options.js';

interface DetachOptions {
  /** Of the request, not what a device request option means elsewhere. */
  readonly request?: string;
  readonly deviceId?: string;
}

/** What a guest refuses is known after two deadlines; the service itself gives up earlier than this. */
const PATIENCE_MS = 100_000;

export const addHotplug = (vms: Command, terminal: Terminal): void => {
  const attach = addVerb(vms, {
    name: 'attach',
    tells: 'give a VM more devices; into one that runs they are plugged',
    asks: ['vms.attach'],
    examples: ['vfleet vms attach vm-1 --device 10GE:2'],
  }).argument('<vmId>');
  shows<[string], RequestOptions>(withRequests(attach), terminal, {
    see: async (client, [vmId], options) => {
      const devices = toRequests(options);
      if (devices.length === 0) throw new UsageError('say what to attach: --device 10GE:2, --alias, --model or --request');
      return recordView(RESERVATIONS, (await client.ask('vfleet.api.vms.attach', { vmId, devices }, patience(attach, options))) as Reservation);
    },
  });
  const detach = addVerb(vms, {
    name: 'detach',
    tells: 'take devices from a VM; from one that runs they are unplugged',
    asks: ['vms.detach'],
    examples: ['vfleet vms detach vm-1 --request 10GE-0'],
  })
    .argument('<vmId>')
    .option('--request <name>', 'every device of this request, as vms show names it')
    .option('--device-id <deviceId>', 'one device');
  shows<[string], DetachOptions>(detach, terminal, {
    see: async (client, [vmId], options) =>
      heldView((await client.ask('vfleet.api.vms.detach', { vmId, ...whichOne(options) }, patience(detach, options))) as DetachedFromVm),
  });
};

/** @throws UsageError */
const whichOne = ({ request, deviceId }: DetachOptions): { readonly requestName: string } | { readonly deviceId: string } => {
  if (request !== undefined && deviceId === undefined) return { requestName: request };
  if (deviceId !== undefined && request === undefined) return { deviceId };
  throw new UsageError('say what to take: --request 10GE-0, or --device-id with the id of one device');
};

const patience = (command: Command, options: object): number =>
  command.getOptionValueSourceWithGlobals('timeout') === 'default' ? PATIENCE_MS : (options as { readonly timeout: number }).timeout * 1_000;
