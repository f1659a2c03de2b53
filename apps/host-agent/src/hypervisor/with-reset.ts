import type { DeviceResets } from '../device-resets.js';
import { failed, type DeviceOrder, type HypervisorDriver, type Outcome } from './driver.js';

export interface ResettingDriver {
  /**
   * A hypervisor whose VMs leave nothing behind that is not reset: before it says that a device is off, or not attached any more, a reset has been
   * tried. Whatever binds devices stands around it, for a device is reset before it has its host's driver again.
   */
  readonly inner: HypervisorDriver;
  /** The same, with what stands around it: refuses what another VM has left and nobody has reset. */
  admitting<Driver extends HypervisorDriver>(outer: Driver): Driver;
}

export const withReset = (driver: HypervisorDriver, resets: Omit<DeviceResets, 'show' | 'shown'>): ResettingDriver => {
  /** Counts what was done: who looked before does not know of it. */
  let done = 0;
  const lastDone = new Map<string, number>();
  const attaching = new Map<string, number>();
  const markDone = (deviceId: string): void => void lastDone.set(deviceId, (done += 1));

  const attachments: HypervisorDriver['attachments'] = async () => {
    const before = done;
    const seen = await driver.attachments();
    if (seen) await resets.compare(seen, (deviceId) => attaching.has(deviceId) || (lastDone.get(deviceId) ?? 0) > before);
    return seen;
  };
  const detach = async (order: DeviceOrder, signal: AbortSignal): Promise<Outcome> => {
    const { vmId, deviceId } = order;
    // The platform may have attached it since somebody looked.
    if (!resets.had(vmId, deviceId)) await attachments().catch(() => {});
    const outcome = await driver.detach(order, signal);
    if ('failed' in outcome) return outcome;
    markDone(deviceId);
    await resets.leaves(vmId, deviceId);
    return outcome;
  };
  const admitted = async (order: DeviceOrder, attach: () => Promise<Outcome>): Promise<Outcome> => {
    const { vmId, deviceId, deadlineMs } = order;
    attaching.set(deviceId, (attaching.get(deviceId) ?? 0) + 1);
    try {
      const refusal = deadlineMs === 0 ? undefined : await resets.admit(vmId, deviceId, deadlineMs);
      return refusal === undefined ? await attach() : failed('DEVICE_BUSY', refusal);
    } finally {
      markDone(deviceId);
      const others = (attaching.get(deviceId) ?? 1) - 1;
      if (others > 0) attaching.set(deviceId, others);
      else attaching.delete(deviceId);
    }
  };

  return {
    inner: amended(driver, { attachments, detach }),
    admitting: (outer) => amended(outer, { attach: (order, signal) => admitted(order, () => outer.attach(order, signal)) }),
  };
};

/** A simulator has more than a driver has, some of it counted anew whenever it is asked for. */
const amended = <Driver extends HypervisorDriver>(driver: Driver, changes: Partial<HypervisorDriver>): Driver =>
  Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(driver), ...Object.getOwnPropertyDescriptors(changes) }) as Driver;
