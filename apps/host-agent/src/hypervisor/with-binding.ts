import { NotEligible, type DriverBinding } from '../kernel/driver-binding.js';
import { KernelRefused } from '../kernel/sysfs-writer.js';
import { failed, type DeviceOrder, type HypervisorDriver, type Outcome } from './driver.js';

/** A hypervisor that binds no devices by itself, and the binding: before an attach, and back when nobody has the device any more. */
export interface BindingDriver extends HypervisorDriver {
  /** Gives back what VMs have left behind, as when one ended. */
  tidyUp(): Promise<void>;
}

/**
 * `isStandIn`: addresses for which something else stands in a test bench, so that there is nothing to bind. `kept`: addresses that are not given back
 * though no VM has them.
 */
export const withBinding = (
  driver: HypervisorDriver,
  binding: DriverBinding,
  isStandIn: (address: string) => boolean,
  kept: () => readonly string[] = () => [],
): BindingDriver => {
  let underWay = 0;
  let begun = 0;
  let changing: Promise<unknown> = Promise.resolve();
  /** Drivers are changed by one at a time. */
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const turn = changing.catch(() => {}).then(change);
    changing = turn;
    return turn;
  };
  /** Nothing is given back while something is being attached, or was since somebody looked: it is bound before it is seen. */
  const tidyUp = async (): Promise<void> => {
    if (underWay > 0) return;
    const before = begun;
    const attachments = await driver.attachments();
    if (!attachments) return;
    await inTurn(async () => {
      if (begun === before) await binding.giveBack(new Set([...attachments.map(({ address }) => address), ...kept()]));
    });
  };

  const lend = async ({ deviceId, address, deadlineMs }: DeviceOrder): Promise<Outcome | undefined> => {
    if (deadlineMs === 0 || isStandIn(address)) return undefined;
    try {
      await inTurn(() => binding.lend(deviceId));
      return undefined;
    } catch (error) {
      if (error instanceof NotEligible) return failed('DEVICE_BUSY', `the host does not give the device away: ${error.message}`);
      if (error instanceof KernelRefused) return failed('DRIVER_ERROR', `the device could not be bound to vfio-pci: ${error.message}`);
      throw error;
    }
  };

  const attach = async (order: DeviceOrder, signal: AbortSignal): Promise<Outcome> => {
    underWay += 1;
    begun += 1;
    try {
      return (await lend(order)) ?? (await driver.attach(order, signal));
    } finally {
      underWay -= 1;
    }
  };
  const andTidyUp = async (outcome: Outcome, when: boolean): Promise<Outcome> => {
    if (when) await tidyUp().catch(() => {});
    return outcome;
  };

  return {
    ...driver,
    attach: async (order, signal) => {
      const outcome = await attach(order, signal);
      return andTidyUp(outcome, 'failed' in outcome);
    },
    detach: async (order, signal) => {
      const outcome = await driver.detach(order, signal);
      return andTidyUp(outcome, 'done' in outcome);
    },
    tidyUp,
  };
};
