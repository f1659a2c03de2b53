import { failed, type DeviceOrder, type Failed, type HypervisorDriver, type Outcome } from '@vfleet/host-agent/hypervisor/driver';
import type { Random } from '../random.js';
import type { Fleet } from './fleet.js';

/** What guests do with an order. */
export type Humour = 'willing' | 'refusing' | 'silent';

export interface HypervisorOptions {
  readonly fleet: Fleet;
  readonly hostId: string;
  /** Of whoever gets the next order. */
  readonly humour: () => Humour;
  readonly random: Random;
}

/** What a guest takes to let a device go, or to take it. */
const GUEST_MS = 200;

/** A host's hypervisor: it looks at what is there before it acts, and its guests have humours. */
export const hypervisorOf = ({ fleet, hostId, humour, random }: HypervisorOptions): HypervisorDriver => {
  const machine = fleet.machine(hostId);
  const unwilling = async ({ deadlineMs }: DeviceOrder): Promise<Outcome | undefined> => {
    const mood = humour();
    if (mood === 'silent') await wait(deadlineMs);
    else await wait(Math.min(deadlineMs, random.next() * GUEST_MS));
    if (mood === 'silent') return failed('TIMEOUT', 'the guest did nothing in time');
    return mood === 'refusing' ? failed('GUEST_REFUSED', 'the guest refused') : undefined;
  };
  const impossible = ({ vmId, deviceId }: DeviceOrder): Failed | undefined => {
    const vm = fleet.vm(vmId);
    if (vm?.hostId !== hostId || vm.state !== 'running') return failed('VM_NOT_FOUND', 'it does not run here');
    return machine.addressOf(deviceId) === undefined ? failed('DEVICE_NOT_FOUND', 'it was pulled out') : undefined;
  };
  return {
    attach: async (order) => {
      const { vmId, deviceId } = order;
      if (machine.attached.get(deviceId) === vmId) return { done: 'attached' };
      const refusal = impossible(order) ?? (await unwilling(order)) ?? impossible(order);
      if (refusal) return refusal;
      return fleet.attach(hostId, deviceId, vmId) ? { done: 'attached' } : failed('DEVICE_BUSY', 'another VM has it');
    },
    detach: async (order) => {
      const { vmId, deviceId } = order;
      if (machine.attached.get(deviceId) !== vmId) return { done: 'detached' };
      const refusal = await unwilling(order);
      if (refusal) return refusal;
      if (machine.attached.get(deviceId) === vmId) machine.attached.delete(deviceId);
      return { done: 'detached' };
    },
    attachments: async () =>
      [...machine.attached].flatMap(([deviceId, vmId]) => {
        const at = machine.addressOf(deviceId);
        return at === undefined ? [] : [{ vmId, address: at }];
      }),
    preflight: async () => [],
    describe: async () => ({ driver: 'simulator', version: '1.0' }),
    close: async () => undefined,
  };
};

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
