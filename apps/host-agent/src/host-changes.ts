import type { VfleetClient } from '@vfleet/client';
import { SetVfs } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Agent } from './agent.js';
import type { CommandDesk } from './commands/command-desk.js';
import type { Configuration } from './configuration/config.js';
import { wantedVfs } from './domain/labels.js';
import { reads, serve } from './endpoint.js';
import type { HypervisorDriver } from './hypervisor/driver.js';
import type { SysfsWriter } from './kernel/sysfs-writer.js';
import { vfCount, type VfCount } from './kernel/vf-count.js';

export interface HostChanges {
  /** Makes of the host what its configuration wants. */
  carryOut(configuration: Configuration): Promise<void>;
  /** As `carryOut`, of a configuration that is a new one. */
  takeOn(configuration: Configuration): Promise<void>;
  serve(nats: NatsConnection): Subscription;
}

interface Parts {
  readonly hostId: string;
  readonly sysfsRoot: string;
  readonly procRoot: string;
  readonly writer: SysfsWriter;
  readonly agent: Agent;
  readonly desk: CommandDesk;
  readonly hypervisor: HypervisorDriver;
  readonly client: VfleetClient;
  readonly log: Logger;
}

/** What the agent changes on its host beside attaching devices: the numbers of virtual functions. */
export const hostChanges = ({ agent, desk, hypervisor, client, ...parts }: Parts): HostChanges => {
  const { hostId, log } = parts;
  const vfs: VfCount = vfCount({
    ...parts,
    devices: () => agent.devices,
    rescan: () => agent.rescan(),
    attached: async () => {
      const attachments = await hypervisor.attachments();
      return attachments && new Set(attachments.map(({ address }) => address));
    },
    held: (pf) => askHolders(client, pf),
    isUnderWay: (deviceId) => desk.isUnderWay(deviceId),
  });
  const carryOut = ({ labels }: Configuration): Promise<void> => vfs.want(wantedVfs(agent.devices, labels));
  return {
    carryOut,
    takeOn: (configuration) => {
      vfs.forgetAsked();
      return carryOut(configuration);
    },
    serve: (nats) => serve<SetVfs>(nats, hostId, { verb: 'sriov.set', read: reads(SetVfs), answer: (request) => vfs.set(request) }, log),
  };
};

/** Which of a PF and its virtual functions VMs hold, as the inventory says; undefined where nobody answers. */
const askHolders = async (client: VfleetClient, pf: DeviceObservation): Promise<ReadonlySet<string> | undefined> => {
  try {
    const held = new Set<string>();
    const own = await client.request('devices.get', { deviceId: pf.deviceId });
    if (own.reservation) held.add(own.deviceId);
    for await (const device of client.requestPages('devices.list', { filter: { parentDeviceId: pf.deviceId } }))
      if (device.reservation) held.add(device.deviceId);
    return held;
  } catch {
    return undefined;
  }
};
