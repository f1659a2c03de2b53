import { existsSync, readFileSync } from 'node:fs';

/** A PCI device behind a port, as the guest's kernel has it. */
export interface GuestDevice {
  /** The guest's own, not the host's. */
  readonly address: string;
  readonly vendorId: string;
  readonly productId: string;
  /** Undefined until a driver has made an interface of it. */
  readonly net: { readonly ifname: string; readonly mac: string } | undefined;
}

/** What a guest says of itself, some times a second. */
export interface GuestReport {
  /** Counts the guest's own reports: goes on through a live migration, starts anew at a boot. */
  readonly tick: number;
  readonly bootId: string;
  readonly devices: readonly GuestDevice[];
}

const DEVICE = /^([\da-f:.]+)=([\da-f]{4}):([\da-f]{4})(?:\/([^/@]+)@([\da-f:]+))?$/;

const toDevice = (word: string): GuestDevice | undefined => {
  const [, address, vendorId, productId, ifname, mac] = DEVICE.exec(word) ?? [];
  if (address === undefined || vendorId === undefined || productId === undefined) return undefined;
  return { address, vendorId, productId, net: ifname === undefined || mac === undefined ? undefined : { ifname, mac } };
};

/** Reads a line of the guest's console; undefined for the kernel's own words and for what is not whole. */
export const parseReport = (line: string): GuestReport | undefined => {
  const [marker, tick, bootId, ...words] = line.trim().split(' ');
  if (marker !== 'vfleet-guest' || !bootId || !/^\d+$/.test(tick ?? '')) return undefined;
  const devices = words.map(toDevice);
  return devices.every((device) => device !== undefined) ? { tick: Number(tick), bootId, devices } : undefined;
};

/** The guest's newest report in the file that its serial console is written to; undefined before the first. */
export const newestReport = (file: string): GuestReport | undefined => {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return parseReport(lines.findLast(parseReport) ?? '');
};
