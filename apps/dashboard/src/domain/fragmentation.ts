import type { Variety } from './variety.js';

/** How free devices of one variety lie on hosts that take new VMs. */
export interface FreeDevices {
  /** Hosts that have any. */
  readonly hosts: number;
  readonly free: number;
  /** Free devices on hosts of which no device of the variety is held. */
  readonly onUntouched: number;
  /** Most on one host: the largest request that still fits. */
  readonly largest: number;
  readonly largestHostId: string;
  /** How many requests of two, of four and of eight devices fit at once. */
  readonly fits2: number;
  readonly fits4: number;
  readonly fits8: number;
}

export interface PoolCapacity extends Variety {
  readonly hostsWithFree: number;
  readonly largest: { readonly count: number; readonly hostId: string } | null;
  readonly fits: Readonly<Record<'1' | '2' | '4' | '8', number>>;
  /** From 0 to 1; null where nothing is free. */
  readonly fragmentation: number | null;
}

export const FRAGMENTATION = 'free devices on hosts of which a device of the same variety is held, divided by all free devices';

const TWO_DIGITS = 100;

/** What can still be had of a variety. By counts: what goes along in an IOMMU group counts as free until it is taken. */
export const capacityOf = (variety: Variety, free: FreeDevices | undefined): PoolCapacity => {
  if (!free) return { ...variety, hostsWithFree: 0, largest: null, fits: { 1: 0, 2: 0, 4: 0, 8: 0 }, fragmentation: null };
  return {
    ...variety,
    hostsWithFree: free.hosts,
    largest: { count: free.largest, hostId: free.largestHostId },
    fits: { 1: free.free, 2: free.fits2, 4: free.fits4, 8: free.fits8 },
    fragmentation: Math.round((1 - free.onUntouched / free.free) * TWO_DIGITS) / TWO_DIGITS,
  };
};
