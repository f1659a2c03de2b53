import { Option, type Command } from 'commander';
import { DEVICE_ID } from '@vfleet/pci';
import { DEVICE_STATES, type ApiRequest, type Device } from '@vfleet/contracts';
import { UsageError } from '../exit-codes.js';
import { parseMatch } from '../match-option.js';
import { addDeviceChanges } from './device-changes.js';
import { collect, withClient } from '../options.js';
import { DEVICE_COLUMNS, deviceView } from '../render/devices.js';
import { renderList, renderRecord } from '../render/format.js';
import type { Terminal } from '../terminal.js';

interface ListOptions {
  readonly host?: string;
  readonly state?: string;
  readonly name?: string;
  readonly vm?: string;
  readonly type?: string;
  readonly eligible?: boolean;
  readonly match?: readonly string[];
  readonly where?: string;
  readonly at?: string;
}

export const addDevices = (program: Command, terminal: Terminal): void => {
  const devices = program.command('devices').description('the devices of the fleet');
  devices
    .command('ls')
    .description('list devices')
    .option('--host <hostId>', 'of one host')
    .addOption(new Option('--state <state>', 'in one state').choices([...DEVICE_STATES]))
    .option('--name <name>', 'with the name that the operator gave')
    .option('--vm <vmId>', 'held by one VM')
    .option('--type <deviceType>', 'of one type: NIC, SRIOV-VF, GPU-HPC…')
    .option('--eligible', 'only those that may be given to a VM')
    .option('--where <expression>', 'a CEL expression: device.numaNode == 0 && "rack" in device.tags')
    .option('--at <time>', 'as they were at a time, or at a position of the journal')
    .option('--match <key=value>', 'any key of a match: vendorId=8086, class=02, tags.rack=b4; may be given again', collect)
    .action(async (options: ListOptions, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const filter = toFilter(options);
        const { where, at } = options;
        const asked = { filter, limit: 1000, ...(where !== undefined && { where }), ...(at !== undefined && { at }) };
        const items: Device[] = [];
        for await (const device of client.requestPages('devices.list', asked)) items.push(device);
        terminal.out(renderList({ items, columns: DEVICE_COLUMNS, empty: 'No device matches.' }, output, terminal.paint));
      }),
    );
  devices
    .command('show')
    .description('show one device, and why it may not be given away if so')
    .argument('<device>', 'its device id, or host/address: h1/0000:28:02.1')
    .option('--at <time>', 'as it was at a time, or at a position of the journal')
    .action(async (device: string, { at }: { readonly at?: string }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        terminal.out(
          renderRecord(
            deviceView(await client.request('devices.get', { ...toDevice(device), ...(at !== undefined && { at }) })),
            output,
            terminal.paint,
          ),
        );
      }),
    );
  addDeviceChanges(devices, terminal);
};

/** @throws UsageError */
export const toFilter = ({ host, state, name, vm, type, eligible, match = [] }: ListOptions): Record<string, unknown> => {
  const given = { hostId: host, state, name, vmId: vm, deviceType: type, eligible };
  return { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), ...parseMatch('--match', match) };
};

/** @throws UsageError */
export const toDevice = (text: string): ApiRequest<'devices.get'> => {
  if (DEVICE_ID.test(text)) return { deviceId: text };
  const [hostId, address, ...rest] = text.split('/');
  if (hostId && address && rest.length === 0) return { hostId, address };
  throw new UsageError(`${text} is no device; write its device id (20 hex digits) or host/address, as in h1/0000:28:02.1`);
};
