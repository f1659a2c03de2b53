import type { ApiError, HotplugDevice, ReservedDevice } from '@vfleet/contracts';
import { isRefusal, type Told } from './carry-out-move.js';
import type { HotplugCommandIn } from './domain/hotplug.decider.js';
import type { Given, HotplugIntent } from './domain/hotplug-intents.js';
import type { Hotplug, HotplugWish } from './domain/hotplug.js';
import { whyNotLate, type LateParties } from './late-order.js';
import type { Agents } from './outbound/agents.js';
import type { Allocator } from './outbound/allocator.js';

export interface HotplugParties extends LateParties {
  readonly agents: Agents;
  /** Told beforehand with what words the allocator has refused. */
  readonly onRefused: (operationId: string, error: ApiError) => void;
}

type Heard = Told<HotplugCommandIn>;

/** Does once what a hot-plug needs; what comes of it, where that is not told by a fact. */
export const carryOutHotplug = async (parties: HotplugParties, hotplug: Hotplug, intent: HotplugIntent): Promise<Heard | undefined> => {
  const { allocator, agents, onRefused } = parties;
  switch (intent.type) {
    case 'Prepare':
      try {
        return await prepare(allocator, hotplug);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        onRefused(hotplug.migrationId, error);
        return { type: 'Reject', code: error.code, message: error.message };
      }
    case 'Plug': {
      const wrong = intent.late ? await whyNotLate(parties, hotplug, intent.command) : undefined;
      if (wrong) return { type: 'Answered', outcome: { commandId: intent.command.commandId, kind: 'failed', ...wrong } };
      await agents.send(hotplug, intent.command);
      return undefined;
    }
    case 'GiveBack':
      return giveBack(allocator, hotplug, intent.what);
  }
};

const prepare = async (allocator: Allocator, { migrationId, vmId, wish }: Hotplug): Promise<Heard> =>
  wish.verb === 'attach' ? extend(allocator, vmId, migrationId, wish) : find(allocator, vmId, wish);

/** Whether the VM runs is asked after its devices are held: one that starts in between is given them by its platform or by us, never by nobody. */
const extend = async (
  allocator: Allocator,
  vmId: string,
  operationId: string,
  { devices }: Extract<HotplugWish, { verb: 'attach' }>,
): Promise<Heard> => {
  const { reservation: before } = await allocator.ask('vms.inspect', { vmId });
  const { reservation, added } = await allocator.ask('vms.extend', { vmId, devices: [...devices], operationId });
  const { running, deadlines } = await allocator.ask('vms.inspect', { vmId });
  const had = new Set(before?.devices.filter(({ addedBy }) => addedBy !== operationId).map(({ deviceId }) => deviceId));
  const places = added.map((device) => at(device, running && had.has(device.deviceId)));
  return { type: 'Prepared', hostId: reservation.hostId, running, devices: places, deadlines };
};

const find = async (allocator: Allocator, vmId: string, { verb: _, ...which }: Extract<HotplugWish, { verb: 'detach' }>): Promise<Heard> => {
  const { running, reservation, removed, deadlines } = await allocator.ask('vms.inspect', { vmId, ...which });
  return { type: 'Prepared', hostId: reservation?.hostId ?? '', running, devices: removed.map((device) => at(device, running)), deadlines };
};

const at = ({ requestName, deviceId, address, affected, mac, vlan }: ReservedDevice, isAttached: boolean): HotplugDevice => ({
  requestName,
  deviceId,
  address,
  ...(affected && { affected }),
  ...(mac !== undefined && { mac }),
  ...(vlan !== undefined && { vlan }),
  where: isAttached ? 'attached' : 'unplugged',
});

/** What an attachment gives back is what it added, and nothing that the VM has got in another way since. */
const giveBack = async (allocator: Allocator, { migrationId, vmId, wish }: Hotplug, what: readonly Given[]): Promise<Heard> => {
  try {
    const { reservation } = await allocator.ask('vms.inspect', { vmId });
    const added = new Set(reservation?.devices.filter(({ addedBy }) => addedBy === migrationId).map(({ deviceId }) => deviceId));
    const meant = what.filter((one) => wish.verb === 'detach' || ('deviceId' in one && added.has(one.deviceId)));
    for (const one of meant) await allocator.ask('vms.shrink', { vmId, ...one });
    return { type: 'GivenBack' };
  } catch (error) {
    if (isRefusal(error)) return { type: 'NotGivenBack', code: error.code, message: error.message };
    throw error;
  }
};
