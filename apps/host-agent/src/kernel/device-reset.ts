import { existsSync } from 'node:fs';
import { hasHostDriver, type DeviceObservation } from '@vfleet/pci';
import { isImpossible, planReset, type DeviceReset } from '../domain/reset-plan.js';
import { readLinkName, readText } from '../sysfs/read.js';
import { KernelRefused, type SysfsWriter } from './sysfs-writer.js';
import { lookForOpen } from './vfio-users.js';

export interface DeviceResetParts {
  readonly sysfsRoot: string;
  readonly procRoot: string;
  readonly writer: SysfsWriter;
  readonly mode: Exclude<DeviceReset, 'off'>;
}

/** `clean`: it was reset, or nothing has to be done. The others: why it is not, in words for an operator. */
export type ResetOutcome =
  | { readonly clean: 'reset' | 'left as it is'; readonly because?: string }
  | { readonly waits: string; readonly soon: boolean }
  | { readonly failed: string };

/** Resets one function. `neighbour`: of its IOMMU group or its bus, what a VM has. */
export type ResetDevice = (device: DeviceObservation, neighbour: DeviceObservation | undefined) => Promise<ResetOutcome>;

/**
 * Writes 1 into the function's `reset` (kernel documentation, ABI/testing/sysfs-bus-pci): the kernel tries the ways that `reset_method` lists
 * (since Linux 5.15) and keeps the configuration space. vfio-pci does so too when a program opens or closes the device, and tells nobody when it fails.
 * A device that does not come back holds the write for a minute (`PCIE_RESET_READY_POLL_MS`).
 */
export const deviceReset = ({ sysfsRoot, procRoot, writer, mode }: DeviceResetParts): ResetDevice => {
  const ifNot = (because: string): ResetOutcome => (mode === 'required' ? { failed: because } : { clean: 'left as it is', because });

  const write = async (folder: string, methods: readonly string[] | undefined): Promise<ResetOutcome> => {
    try {
      await writer.write(`${folder}/reset`, '1');
      return { clean: 'reset' };
    } catch (error) {
      if (!(error instanceof KernelRefused)) throw error;
      return isImpossible(error.errno, methods) ? ifNot(`it cannot be reset: ${error.message}`) : { failed: `its reset failed: ${error.message}` };
    }
  };

  return async (device, neighbour) => {
    const { address } = device;
    const folder = `bus/pci/devices/${address}`;
    const methods = readText(`${sysfsRoot}/${folder}/reset_method`)?.split(/\s+/).filter(Boolean);
    const { driver: _, ...rest } = device;
    const driver = readLinkName(`${sysfsRoot}/${folder}/driver`);
    const now = { ...rest, ...(driver !== undefined && { driver }) };
    // That a group is open says nothing of one of its devices while a VM has another.
    const iommuGroup = neighbour?.iommuGroup === device.iommuGroup ? null : device.iommuGroup;
    const isOpen = !hasHostDriver(now) && lookForOpen(sysfsRoot, procRoot)({ address, iommuGroup });
    const resettable = existsSync(`${sysfsRoot}/${folder}/reset`);
    const plan = planReset({ device: now, resettable, methods, isOpen, neighbour: neighbour?.address }, mode);
    if ('wait' in plan) return { waits: plan.wait, soon: plan.soon };
    if ('cannot' in plan) return ifNot(plan.cannot);
    if (plan.unbind === undefined) return write(folder, methods);
    await writer.write(`bus/pci/drivers/${plan.unbind}/unbind`, address);
    const outcome = await write(folder, methods);
    await writer.write('bus/pci/drivers_probe', address);
    return outcome;
  };
};
