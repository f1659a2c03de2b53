import { aSysfsCapture, type SysfsTree } from '@vfleet/testing';
import type { Stage } from './stage.js';

/** Of the machine whose sysfs rows use: sixteen PCI functions, known to the agent in three ways. */
export const DEVICES = 16;
/** A network card with a serial number, a disk that is known by its slot only, and a VF of a card with a MAC. */
export const CARD = '0000:01:00.0';
export const DISK = '0000:02:00.0';
export const VF = '0000:03:10.2';

/** A copy of that machine's sysfs that the row may change; gone with the stage. */
export const aTree = (stage: Stage): string => {
  const capture = aSysfsCapture('host2-iommu-vfs-vfio');
  stage.onClose(() => capture.close());
  return capture.sysfsRoot;
};

/** The tree without a function, as after a surprise removal. */
export const withoutFunction = (tree: SysfsTree, address: string): SysfsTree =>
  new Map([...tree].filter(([path]) => !path.split('/').includes(address)));
