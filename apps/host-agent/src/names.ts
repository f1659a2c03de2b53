import { existsSync, readFileSync } from 'node:fs';
import type { PciNames } from './domain/observe.js';

/** Where Linux distributions keep the PCI id database. */
const PLACES = ['/usr/share/misc/pci.ids', '/usr/share/hwdata/pci.ids', '/usr/share/pci.ids', '/var/lib/pciutils/pci.ids'];

export const NO_NAMES: PciNames = { vendor: () => undefined, product: () => undefined, class: () => undefined };

/** Names from the system's PCI id database; no names where it has none. */
export const systemNames = (places: readonly string[] = PLACES): PciNames => {
  const place = places.find((path) => existsSync(path));
  if (place === undefined) return NO_NAMES;
  try {
    return parsePciIds(readFileSync(place, 'utf8'));
  } catch {
    return NO_NAMES;
  }
};

/**
 * Reads the format of pci.ids: vendors at the margin, their products behind one tab; after `C 02  Name` a class,
 * behind one tab its subclasses. What stands behind two tabs is not used.
 */
export const parsePciIds = (text: string): PciNames => {
  const names = new Map<string, string>();
  let above = '';
  for (const line of text.split('\n')) {
    const [, tabs = '', isClass, id, name] = LINE.exec(line) ?? [];
    if (id === undefined || name === undefined) continue;
    if (tabs === '') {
      above = isClass ? `class ${id}` : id;
      names.set(above, name);
    } else if (tabs === '\t') {
      names.set(above.startsWith('class') ? `${above}${id}` : `${above}:${id}`, name);
    }
  }
  return {
    vendor: (vendorId) => names.get(vendorId),
    product: (vendorId, productId) => names.get(`${vendorId}:${productId}`),
    class: (code) => names.get(`class ${code.slice(0, 4)}`) ?? names.get(`class ${code.slice(0, 2)}`),
  };
};

const LINE = /^(\t?)(C )?([0-9a-f]{2}|[0-9a-f]{4}) {2}(\S.*)$/;
