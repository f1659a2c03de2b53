import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { compileWhere } from '@vfleet/cel';
import { invalidRequest, validate, VmStateChanged } from '@vfleet/contracts';
import { checkRequests } from '@vfleet/pci';
import { parseDeviceOption } from '../device-request.js';
import { collect, wholeNumber, wholeNumbers, withClient } from '../options.js';
import type { Terminal } from '../terminal.js';
import { report } from '../vm-report.js';

interface StateOptions {
  readonly host?: string;
  readonly sequence?: number;
  readonly wait: boolean;
}
interface StartOptions extends StateOptions {
  readonly device?: readonly string[];
  readonly offering?: string;
  readonly numa?: readonly number[];
  readonly tenant?: string;
  readonly standby?: boolean;
}

export const addVm = (program: Command, terminal: Terminal): void => {
  const vm = program.command('vm').description('say what a virtualisation platform would say of a VM');
  stateCommand(vm, 'start', 'a VM starts: it gets the devices that it wants, or the reason why not')
    .option('--device <name[:count]>', 'devices by name: 10GE, or 10GE:2; may be given again', collect)
    .option('--offering <name>', 'a stored list of devices')
    .option('--numa <nodes>', 'NUMA nodes of the VM: 0 or 0,1', wholeNumbers)
    .option('--tenant <name>', 'whose VM it is')
    .option('--standby', 'the guest has a failover partner for its NIC')
    .addHelpText('after', '\nExample: vfleet vm start vm-1 --host h1 --device 10GE:2 --device GPU')
    .action(async (vmId: string, options: StartOptions, command: Command) => send(command, terminal, options, startingFact(vmId, options)));
  stateCommand(vm, 'stop', 'a VM has stopped: it gives its devices back').action(async (vmId: string, options: StateOptions, command: Command) =>
    send(command, terminal, options, checked({ ...base(vmId, options), state: 'stopped' })),
  );
};

const stateCommand = (vm: Command, name: string, description: string): Command =>
  vm
    .command(name)
    .description(description)
    .argument('<vmId>')
    .option('--host <hostId>', 'the host that it runs on; without it a host is picked')
    .option('--sequence <number>', 'the platform’s own number of this state; without it the time orders', wholeNumber)
    .option('--no-wait', 'do not wait for what becomes of it');

const send = async (command: Command, terminal: Terminal, { wait }: StateOptions, fact: VmStateChanged): Promise<void> =>
  withClient(command, terminal, async (client, { output, timeout }) => {
    await report(client, fact, { wait, timeoutMs: timeout * 1000, msgId: randomUUID(), output, terminal });
  });

const base = (vmId: string, { host, sequence }: StateOptions): Pick<VmStateChanged, 'vmId' | 'hostId' | 'sequence' | 'occurredAt'> => ({
  vmId,
  ...(host !== undefined && { hostId: host }),
  ...(sequence !== undefined && { sequence }),
  occurredAt: new Date().toISOString(),
});

/** @throws ApiError 400 that names each field */
export const startingFact = (vmId: string, options: StartOptions): VmStateChanged => {
  const { device, offering, numa, tenant, standby } = options;
  const devices = device?.map(parseDeviceOption);
  const faults = checkRequests(devices ?? [], compileWhere);
  if (faults.length > 0) throw invalidRequest(faults);
  return checked({
    ...base(vmId, options),
    state: 'starting',
    ...(devices && { devices }),
    ...(offering !== undefined && { offering }),
    ...(numa && { numaNodes: [...numa] }),
    ...(tenant !== undefined && { tenant }),
    ...(standby !== undefined && { standby }),
  });
};

const checked = (fact: VmStateChanged): VmStateChanged => {
  const result = validate(VmStateChanged, fact, 'refuse');
  if (!result.ok) throw invalidRequest(result.faults);
  return result.value;
};
