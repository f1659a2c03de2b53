import { existsSync } from 'node:fs';
import { parsePciAddress, type DeviceObservation } from '@vfleet/pci';
import type { Logger } from 'pino';
import { planBinding } from '../domain/binding-plan.js';
import { readLinkName, readText } from '../sysfs/read.js';
import type { Borrowed, BorrowedDevices } from './borrowed-devices.js';
import { KernelRefused, type SysfsWriter } from './sysfs-writer.js';
import { lookForOpen, type IsOpen } from './vfio-users.js';

export interface DriverBindingParts {
  readonly hostId: string;
  readonly sysfsRoot: string;
  readonly procRoot: string;
  readonly writer: SysfsWriter;
  readonly borrowed: BorrowedDevices;
  readonly devices: () => readonly DeviceObservation[];
  /** Looks again: a disk may have been mounted since. */
  readonly look: () => Promise<unknown>;
  readonly unsafeIommuGroups: () => boolean;
  /** A device has another driver now. */
  readonly changed: () => void;
  readonly log: Logger;
}

/** The device is needed by its host, or cannot be given to any VM. */
export class NotEligible extends Error {
  override readonly name = 'NotEligible';
}

/** Binds devices to VFIO for a VM, and gives them back to the drivers that they had. */
export interface DriverBinding {
  /** What is bound to a VFIO driver stays as it is. @throws NotEligible, KernelRefused */
  lend(deviceId: string): Promise<void>;
  /** Gives back what was lent and no VM has: `attached` holds addresses. A group in which one device is attached, or that some process has open, stays whole. */
  giveBack(attached: ReadonlySet<string>): Promise<void>;
}

const VFIO = 'vfio-pci';
/** What `driver_override` shows when it is not set (kernel, drivers/base/driver.c). */
const NO_OVERRIDE = '(null)';

/** What a device was before it was lent. A lending that was cut short has written that down, and has changed some of it. */
const beforeLending = (driver: string | undefined, override: string | undefined, known: Borrowed | undefined): Borrowed => {
  const own = { driver: driver ?? known?.driver, override: override === VFIO && known ? known.override : override };
  return { ...(own.driver !== undefined && { driver: own.driver }), ...(own.override !== undefined && { override: own.override }) };
};

export const driverBinding = (parts: DriverBindingParts): DriverBinding => {
  const { hostId, sysfsRoot, procRoot, writer, borrowed, devices, log } = parts;
  const folder = (address: string): string => `bus/pci/devices/${address}`;
  const driverOf = (address: string): string | undefined => readLinkName(`${sysfsRoot}/${folder(address)}/driver`);
  const overrideOf = (address: string): string | undefined => {
    const text = readText(`${sysfsRoot}/${folder(address)}/driver_override`);
    return text === undefined || text === NO_OVERRIDE ? undefined : text;
  };
  /** The kernel clears the override when an empty line is written. */
  const override = async (address: string, driver: string | undefined): Promise<void> => {
    if (overrideOf(address) !== driver) await writer.write(`${folder(address)}/driver_override`, driver ?? '');
  };
  const unbind = async (address: string): Promise<void> => {
    const driver = driverOf(address);
    if (driver !== undefined) await writer.write(`bus/pci/drivers/${driver}/unbind`, address);
  };
  const bind = async (address: string, driver: string): Promise<void> => {
    if (driverOf(address) === driver) return;
    await writer.write('bus/pci/drivers_probe', address);
    if (driverOf(address) === undefined) await writer.write(`bus/pci/drivers/${driver}/bind`, address);
    if (driverOf(address) !== driver) throw new KernelRefused(`${address} is bound to ${driverOf(address) ?? 'no driver'}, not to ${driver}`);
  };

  const lendOne = async ({ deviceId, address }: DeviceObservation): Promise<void> => {
    const driver = driverOf(address);
    if (driver?.includes('vfio')) return;
    // A device that lost its driver for one that is not there would be of no use to anybody.
    if (!existsSync(`${sysfsRoot}/bus/pci/drivers/${VFIO}`)) throw new KernelRefused(`the kernel has no driver ${VFIO}: load its module`);
    borrowed.put(deviceId, beforeLending(driver, overrideOf(address), borrowed.get(deviceId)));
    await override(address, VFIO);
    await unbind(address);
    await bind(address, VFIO);
    parts.changed();
    log.info({ hostId, deviceId, address, driver }, 'bound to vfio-pci for a VM');
  };

  const returnOne = async ({ deviceId, address }: DeviceObservation): Promise<void> => {
    const { driver, override: before } = borrowed.get(deviceId) ?? {};
    const now = driverOf(address);
    if (overrideOf(address) === VFIO) await override(address, before);
    // Whoever has bound it to something else meanwhile knows why.
    if (now === VFIO || now === undefined) {
      await unbind(address);
      if (driver !== undefined) await bind(address, driver);
      parts.changed();
      log.info({ hostId, deviceId, address, driver }, 'given back to its driver');
    }
    borrowed.remove(deviceId);
  };

  return {
    lend: async (deviceId) => {
      await parts.look();
      const plan = planBinding(devices(), deviceId, parts.unsafeIommuGroups());
      if ('refused' in plan) {
        const address = devices().find((one) => one.deviceId === deviceId)?.address;
        if (address !== undefined && driverOf(address)?.includes('vfio')) return;
        throw new NotEligible(plan.refused);
      }
      for (const device of plan.bind) if (parsePciAddress(device.address)) await lendOne(device);
    },
    giveBack: async (attached) => {
      const all = devices();
      const groups = new Set(all.flatMap(({ address, iommuGroup }) => (attached.has(address) && iommuGroup !== null ? [iommuGroup] : [])));
      /** Somebody may have it of whom the hypervisor's driver does not know. */
      const isOpen: IsOpen = borrowed.ids.length === 0 ? () => false : lookForOpen(sysfsRoot, procRoot);
      for (const deviceId of borrowed.ids) {
        const device = all.find((one) => one.deviceId === deviceId);
        if (!device || isOpen(device) || attached.has(device.address) || (device.iommuGroup !== null && groups.has(device.iommuGroup))) continue;
        await returnOne(device).catch((error: Error) =>
          log.warn({ hostId, deviceId, address: device.address, err: error.message }, 'not given back to its driver'),
        );
      }
    },
  };
};
