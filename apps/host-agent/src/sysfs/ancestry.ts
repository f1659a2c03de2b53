import { parsePciAddress, type PciAddress } from '@vfleet/pci';

/** USB devices as sysfs names them, `1-3.1`; interfaces (`1-3:1.0`) and root hubs (`usb1`) are none. */
export const USB_ADDRESS = /^\d{1,5}-\d{1,3}(\.\d{1,3}){0,6}$/;
/** Host, channel, target and logical unit. */
export const SCSI_ADDRESS = /^\d{1,9}(:\d{1,9}){2}:\d{1,19}$/;
const ROOT_BUS = /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/;
export const ROOT_HUB = /^usb\d{1,5}$/;
export const SCSI_HOST = /^host\d{1,9}$/;

/** What a device hangs on, read off the real path of its folder, from the top down. */
export interface Ancestry {
  /** All PCI functions, bridges among them. */
  readonly pci: readonly PciAddress[];
  /** Those that have to stay for this one to stay: the last, and each with a root bus of its own below it, as with VMD. */
  readonly carriers: readonly PciAddress[];
  readonly usb: readonly string[];
  readonly scsi?: string;
}

export const ancestryOf = (folder: string): Ancestry => {
  const parts = folder.split('/');
  const pci: PciAddress[] = [];
  const carriers: PciAddress[] = [];
  const usb: string[] = [];
  let scsi: string | undefined;
  for (const part of parts) {
    const address = parsePciAddress(part);
    if (address) pci.push(address);
    else if (pci.length > 0 && ROOT_BUS.test(part)) carriers.push(pci.at(-1) as PciAddress);
    else if (USB_ADDRESS.test(part)) usb.push(part);
    else if (SCSI_ADDRESS.test(part)) scsi = part;
  }
  if (pci.length > 0) carriers.push(pci.at(-1) as PciAddress);
  return { pci, carriers, usb, ...(scsi !== undefined && { scsi }) };
};
