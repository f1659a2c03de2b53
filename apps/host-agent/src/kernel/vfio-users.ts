import { readlinkSync } from 'node:fs';
import type { DeviceObservation } from '@vfleet/pci';
import { listIfThere } from '../sysfs/bus-folders.js';

/** `/dev/vfio/92` is a group, `/dev/vfio/devices/vfio7` one device of it (kernel documentation, driver-api/vfio.rst). */
const VFIO = /^\/dev\/vfio\/(?:devices\/)?([^/]+)$/;

/** Whether some process has a device, or its IOMMU group. */
export type IsOpen = (device: Pick<DeviceObservation, 'address' | 'iommuGroup'>) => boolean;

/**
 * Looks for what processes have open of VFIO now. A kernel that is asked to unbind such a device, or to take it away, waits
 * until it is let go of. Processes that may not be looked at are not seen.
 */
export const lookForOpen = (sysfsRoot: string, procRoot: string): IsOpen => {
  const open = openVfio(procRoot);
  return ({ address, iommuGroup }) =>
    open.has(String(iommuGroup)) || listIfThere(`${sysfsRoot}/bus/pci/devices/${address}/vfio-dev`).some((name) => open.has(name));
};

/** By names of groups (`92`) and devices (`vfio7`). */
const openVfio = (procRoot: string): ReadonlySet<string> => {
  const open = new Set<string>();
  for (const process of listIfThere(procRoot)) {
    if (!/^\d+$/.test(process)) continue;
    for (const file of listIfThere(`${procRoot}/${process}/fd`)) {
      const [, name] = VFIO.exec(target(`${procRoot}/${process}/fd/${file}`)) ?? [];
      if (name !== undefined) open.add(name);
    }
  }
  return open;
};

const target = (link: string): string => {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
};
