import { isToken, parsePciAddress } from '@vfleet/pci';
import type { TellFault } from './device-rules.js';
import { checkFault, isMapping, isText, type Fault } from './simulated-fault.js';

export const HYPERVISOR_DRIVERS = ['libvirt', 'qmp', 'simulator', 'none'] as const;
export type HypervisorDriverName = (typeof HYPERVISOR_DRIVERS)[number];

export interface QmpSettings {
  readonly driver: 'qmp';
  readonly sockets: string | Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly models?: Readonly<Record<string, { readonly driver: string }>>;
  /** The program that sets MAC and VLAN of virtual functions. */
  readonly ip: string;
}
export interface LibvirtSettings {
  readonly driver: 'libvirt';
  readonly uri: string;
  readonly virsh: string;
  /** What vfleet knows a domain by. */
  readonly vmId: 'name' | 'uuid';
}
export interface SimulatorSettings {
  readonly driver: 'simulator';
  /** Where the simulated attachments are kept; beside the state file when absent. */
  readonly file?: string;
  readonly faults: readonly Fault[];
}
export type HypervisorSettings = QmpSettings | LibvirtSettings | SimulatorSettings | { readonly driver: 'none' };

type Check = (value: unknown, tell: TellFault) => void;

const text: Check = (value, tell) => void (isText(value) || tell([], 'must be text'));
const texts: Check = (value, tell) => void ((Array.isArray(value) && value.every(isText)) || tell([], 'must be a list of texts'));

const vmId: Check = (value, tell) => void (value === 'name' || value === 'uuid' || tell([], 'must be name or uuid'));

const sockets: Check = (value, tell) => {
  if (isMapping(value)) {
    for (const [vmId, path] of Object.entries(value)) {
      if (!isToken(vmId)) tell([vmId], 'must be 1 to 128 letters, digits, _ and -');
      if (!isText(path)) tell([vmId], 'must be the path of a socket');
    }
  } else if (!isText(value)) tell([], 'must be a folder, a path with {vmId}, or a mapping of VMs to paths');
  else if (value.split('{vmId}').length > 2) tell([], 'may have {vmId} once only');
};

const models: Check = (value, tell) => {
  if (!isMapping(value)) return tell([], 'must be a mapping of addresses to device models');
  for (const [address, model] of Object.entries(value)) {
    if (parsePciAddress(address) !== address) tell([address], 'must be a whole address as 0000:28:00.1');
    if (!isMapping(model) || !isText(model['driver'])) tell([address], 'must say driver: a device model of QEMU');
  }
};

const faults: Check = (value, tell) => {
  if (!Array.isArray(value)) return tell([], 'must be a list');
  value.forEach((fault: unknown, index) => checkFault(fault, (path, message) => tell([index, ...path], message)));
};

interface Form {
  readonly keys: Readonly<Record<string, Check>>;
  readonly needs?: string;
  readonly defaults?: object;
}

const FORMS: Readonly<Record<HypervisorDriverName, Form>> = {
  none: { keys: {} },
  qmp: { keys: { sockets, ports: texts, models, ip: text }, needs: 'sockets', defaults: { ip: 'ip' } },
  libvirt: { keys: { uri: text, virsh: text, vmId }, defaults: { uri: 'qemu:///system', virsh: 'virsh', vmId: 'name' } },
  simulator: { keys: { file: text, faults }, defaults: { faults: [] } },
};

/** Checks the `hypervisor` of a configuration, and completes it. */
export const parseHypervisor = (value: unknown, tell: TellFault): HypervisorSettings => {
  const driver = isMapping(value) ? HYPERVISOR_DRIVERS.find((known) => known === value['driver']) : undefined;
  if (!isMapping(value) || !driver) {
    tell([], `must say driver: ${HYPERVISOR_DRIVERS.join(', ')}`);
    return { driver: 'none' };
  }
  const { keys, needs, defaults } = FORMS[driver];
  for (const [key, said] of Object.entries(value)) {
    if (key === 'driver') continue;
    if (Object.hasOwn(keys, key)) keys[key]?.(said, (path, message) => tell([key, ...path], message));
    else tell([key], `is no setting of the driver ${driver}`);
  }
  if (needs !== undefined && value[needs] === undefined) tell([], `must say ${needs} for the driver ${driver}`);
  return { ...defaults, ...value, driver } as HypervisorSettings;
};
