import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import type { DetachedFromVm, Reservation } from '@vfleet/contracts';
import { parseDeviceOption } from '../device-request.js';
import { UsageError } from '../exit-codes.js';
import { collect, withClient, type CommonOptions } from '../options.js';
import { renderRecord, type RecordView } from '../render/format.js';
import { heldView, reservationView } from '../render/vms.js';
import type { Terminal } from '../terminal.js';

interface DetachOptions {
  readonly request?: string;
  readonly deviceId?: string;
}

/** What a guest refuses is known after two deadlines; the service itself gives up earlier than this. */
const PATIENCE_MS = 100_000;

export const addHotplug = (vms: Command, terminal: Terminal): void => {
  vms
    .command('attach')
    .description('give a VM more devices; into one that runs they are plugged')
    .argument('<vmId>')
    .requiredOption('--device <name[:count]>', 'devices by name: 10GE, or 10GE:2; may be given again', collect)
    .addHelpText('after', '\nExample: vfleet vms attach vm-1 --device 10GE:2')
    .action(async (vmId: string, { device }: { readonly device: readonly string[] }, command: Command) => {
      const body = { vmId, devices: device.map(parseDeviceOption) };
      await show(command, terminal, async (client, timeoutMs) =>
        reservationView((await client.ask('vfleet.api.vms.attach', body, timeoutMs)) as Reservation),
      );
    });
  vms
    .command('detach')
    .description('take devices from a VM; from one that runs they are unplugged')
    .argument('<vmId>')
    .option('--request <name>', 'every device of this request, as vms show names it')
    .option('--device-id <deviceId>', 'one device')
    .addHelpText('after', '\nExample: vfleet vms detach vm-1 --request 10GE-0')
    .action(async (vmId: string, options: DetachOptions, command: Command) => {
      const body = { vmId, ...whichOne(options) };
      await show(command, terminal, async (client, timeoutMs) =>
        heldView((await client.ask('vfleet.api.vms.detach', body, timeoutMs)) as DetachedFromVm),
      );
    });
};

/** @throws UsageError */
const whichOne = ({ request, deviceId }: DetachOptions): { readonly requestName: string } | { readonly deviceId: string } => {
  if (request !== undefined && deviceId === undefined) return { requestName: request };
  if (deviceId !== undefined && request === undefined) return { deviceId };
  throw new UsageError('say what to take: --request 10GE-0, or --device-id with the id of one device');
};

const show = (command: Command, terminal: Terminal, work: (client: VfleetClient, timeoutMs: number) => Promise<RecordView>): Promise<void> =>
  withClient(command, terminal, async (client, { output, timeout }: CommonOptions) => {
    const isSaid = command.getOptionValueSourceWithGlobals('timeout') !== 'default';
    terminal.out(renderRecord(await work(client, isSaid ? timeout * 1_000 : PATIENCE_MS), output, terminal.paint));
  });
