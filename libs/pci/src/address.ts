declare const brand: unique symbol;

/**
 * PCI address `DDDD:BB:SS.F` in lower-case hex, the domain always written: `0000:28:00.1`. Domains above
 * 16 bits (VMD, `10000:00:00.0`) keep their digits. Unique within one host at one time only.
 */
export type PciAddress = string & { readonly [brand]: 'PciAddress' };

const PCI_ADDRESS = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/i;

/** Parses `28:00.1` and `0000:28:00.1`; undefined when the text is no PCI address. */
export const parsePciAddress = (text: string): PciAddress | undefined => {
  const [match, domain = '0000', bus, slot, fn] = PCI_ADDRESS.exec(text) ?? [];
  if (match === undefined) return undefined;
  const digits = domain.replace(/^0+(?=.{4})/, '');
  return `${digits}:${bus}:${slot}.${fn}`.toLowerCase() as PciAddress;
};

export interface PciAddressParts {
  readonly domain: number;
  readonly bus: number;
  readonly slot: number;
  readonly fn: number;
}

export const pciAddressParts = (address: PciAddress): PciAddressParts => {
  const [domain = '', bus = '', rest = ''] = address.split(':');
  const [slot = '', fn = ''] = rest.split('.');
  return { domain: parseInt(domain, 16), bus: parseInt(bus, 16), slot: parseInt(slot, 16), fn: Number(fn) };
};

/**
 * Text that sorts like the address does: PCI addresses are hex of fixed width, every other kind's
 * numbers are padded (`1-10.2` after `1-9`, SCSI `10:0:0:0` after `9:0:0:0`).
 */
export const addressSortKey = (kind: string, address: string): string =>
  kind === 'pci' ? address.padStart(16, '0') : address.replace(/\d+/g, (digits) => digits.padStart(6, '0'));
