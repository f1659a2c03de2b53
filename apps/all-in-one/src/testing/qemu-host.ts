import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder, aProgram, aSyntheticSysfs, type RunningProgram } from '@vfleet/testing';

/** A host with one NIC of eight VFs, and an agent that speaks to real QEMUs. */
export interface QemuHost {
  readonly hostId: string;
  /** Where the monitors of its VMs are to be. */
  readonly vms: string;
  readonly agent: RunningProgram;
  /** The MAC that a VF has on this host before it is told another. */
  readonly macOf: (address: string) => string;
  readonly close: () => Promise<void>;
}

/** The name by which VMs ask for a VF of such a host. */
export const VF_NAME = '10GE';
const FUNCTIONS = 10;
const PF = '0000:01:00.0';
const VFS = Array.from({ length: 8 }, (_, index) => `0000:01:10.${index}`);

/** What QEMU plugs for a VF: a machine without VFIO can plug it, and the guest makes a network interface of it. */
export const STAND_IN = { driver: 'virtio-net-pci', romfile: '' };

/** Gives a VF the interface that its driver on the host would make. */
const writeInterface = (sysfsRoot: string, address: string, mac: string): void => {
  const folder = join(sysfsRoot, 'bus/pci/devices', address, 'net', `vf${address.at(-1)}`);
  mkdirSync(folder, { recursive: true });
  // Assigned at random, as by igbvf: such a MAC is no identity.
  for (const [name, text] of Object.entries({ address: mac, addr_assign_type: '1', type: '1' })) writeFileSync(join(folder, name), `${text}\n`);
};

/** Starts the agent of a host whose devices are files, and emulated once they are plugged. `number` tells its MACs from another's. */
export const aQemuHost = (hostId: string, number: number, natsUrl: string): QemuHost => {
  const { sysfsRoot, close: remove } = aSyntheticSysfs(FUNCTIONS);
  const macOf = (address: string): string => `52:54:00:00:0${number}:0${address.at(-1)}`;
  for (const address of VFS) writeInterface(sysfsRoot, address, macOf(address));
  const folder = aFolder(hostId);
  const [vms, config] = [join(folder, 'vms'), join(folder, 'agent.yaml')];
  mkdirSync(vms);
  const settings = {
    hostId,
    natsUrl,
    sysfsRoot,
    procRoot: '/nowhere',
    stateFile: join(folder, 'agent.json'),
    heartbeatSeconds: 4,
    devices: [
      { address: PF, physicalNetwork: 'physnet1' },
      { address: '0000:01:10.*', name: VF_NAME },
    ],
    hypervisor: {
      driver: 'qmp',
      sockets: vms,
      // A PF that is a file may have the name of a real interface of this machine, where nothing is to be set.
      ip: 'true',
      models: Object.fromEntries(VFS.map((address) => [address, { ...STAND_IN, mac: macOf(address) }])),
    },
  };
  writeFileSync(config, JSON.stringify(settings));
  const agent = aProgram('host-agent', ['--config', config]);
  const close = async (): Promise<void> => {
    await agent.kill('SIGKILL');
    remove();
  };
  return { hostId, vms, agent, macOf, close };
};
