import { readlinkSync } from 'node:fs';
import { listIfThere } from '../sysfs/bus-folders.js';

/** `/dev/vfio/92` is a group, `/dev/vfio/devices/vfio7` one device of it (kernel documentation, driver-api/vfio.rst). */
const VFIO = /^\/dev\/vfio\/(?:devices\/)?([^/]+)$/;

/**
 * What some process has open of VFIO, by names of groups (`92`) and devices (`vfio7`). A kernel that is asked to unbind such
 * a device waits until it is let go of. Processes that may not be looked at are not seen.
 */
export const openVfio = (procRoot: string): ReadonlySet<string> => {
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
