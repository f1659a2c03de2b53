import { Option, type Command } from 'commander';
import { DEVICE_ID } from '@vfleet/pci';
import { DEVICE_STATES, type ApiRequest } from '@vfleet/contracts';
import { UsageError } from '../exit-codes.js';
import { parseMatch } from '../match-option.js';
import { toAt } from '../moment.js';
import { addDeviceChanges } from './device-changes.js';
import { addDevicePast } from './device-past.js';
import { collect } from '../options.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { DEVICES } from '../render/devices.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface FilterOptions {
  readonly host?: string;
  readonly state?: string;
  readonly name?: string;
  readonly vm?: string;
  readonly type?: string;
  readonly eligible?: boolean;
  readonly match?: readonly string[];
}
interface ListOptions extends FilterOptions, PagesOptions {
  readonly where?: string;
  readonly asOf?: string;
}

/** What changes a device, or who holds it. */
export const DEVICE_EVENTS = ['vfleet.evt.device.>', 'vfleet.evt.vm.>', 'vfleet.evt.host.>'] as const;
export const AS_OF = ['--as-of <when>', 'as it was at a time, so long ago (10m), or at a position of the journal'] as const;

export const addDevices = (program: Command, terminal: Terminal): void => {
  const devices = program.command('devices').description('the devices of the fleet');
  addList(devices, terminal);
  addShow(devices, terminal);
  addDevicePast(devices, terminal);
  addDeviceChanges(devices, terminal);
};

const addList = (devices: Command, terminal: Terminal): void => {
  const ls = addVerb(devices, {
    name: 'ls',
    tells: 'list devices',
    asks: ['devices.list'],
    examples: [
      'vfleet devices ls --host h1 --state available',
      'vfleet devices ls --match class=02 --match tags.rack=b4 -o wide',
      `vfleet devices ls --where 'device.numaNode == 0 && "rack" in device.tags'`,
      'vfleet devices ls --vm vm-42 --as-of 2h',
    ],
  })
    .option('--host <hostId>', 'of one host')
    .addOption(new Option('--state <state>', 'in one state').choices([...DEVICE_STATES]))
    .option('--name <name>', 'with the name that the operator gave')
    .option('--vm <vmId>', 'held by one VM')
    .option('--type <deviceType>', 'of one type: NIC, SRIOV-VF, GPU-HPC…')
    .option('--eligible', 'only those that may be given to a VM')
    .option('--where <expression>', 'a CEL expression: device.numaNode == 0 && "rack" in device.tags')
    .option('--match <key=value>', 'any key of a match: vendorId=8086, class=02, tags.rack=b4; may be given again', collect)
    .option(...AS_OF);
  shows<[], ListOptions>(withPages(ls), terminal, {
    see: (client, _, options) => {
      const { where, asOf } = options;
      const asked = { filter: toFilter(options), ...(where !== undefined && { where }), ...(asOf !== undefined && { at: toAt('--as-of', asOf) }) };
      return listed(client, 'devices.list', asked, options, { kind: DEVICES, empty: 'No device matches.' });
    },
    wakes: () => ({ subjects: DEVICE_EVENTS }),
  });
};

const addShow = (devices: Command, terminal: Terminal): void => {
  const show = addVerb(devices, {
    name: 'show',
    tells: 'show one device, and why it may not be given away if so',
    asks: ['devices.get'],
    examples: ['vfleet devices show h1/0000:28:02.0'],
  })
    .argument('<device>', 'its device id, or host/address: h1/0000:28:02.1')
    .option(...AS_OF);
  shows<[string], { readonly asOf?: string }>(show, terminal, {
    see: async (client, [device], { asOf }) =>
      recordView(DEVICES, await client.request('devices.get', { ...toDevice(device), ...(asOf !== undefined && { at: toAt('--as-of', asOf) }) })),
    wakes: () => ({ subjects: DEVICE_EVENTS }),
  });
};

/** @throws UsageError */
export const toFilter = ({ host, state, name, vm, type, eligible, match = [] }: FilterOptions): Record<string, unknown> => {
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
