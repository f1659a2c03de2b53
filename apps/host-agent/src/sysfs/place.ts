import { ancestryOf, ROOT_HUB, SCSI_HOST } from './ancestry.js';
import { busFolders, listIfThere } from './bus-folders.js';

/** A USB device's place below its controller: which of its root hubs (`usb4` may be the second), and the chain of ports. */
export const usbPlace = (folder: string): string => {
  const [above, rootHub] = splitAt(folder, (part) => ROOT_HUB.test(part));
  const ordinal = byNumber(listIfThere(above).filter((name) => ROOT_HUB.test(name))).indexOf(rootHub);
  const address = ancestryOf(folder).usb.at(-1) ?? '';
  return `${withoutController(above)}usb${Math.max(ordinal, 0)}/${address.slice(address.indexOf('-') + 1)}`;
};

/** A logical unit's place: which of its controller's hosts (`host7` may be the first), and channel, target and unit. */
export const scsiPlace = (folder: string, address: string, ordinalOf: (host: string) => number): string => {
  const [above, host] = splitAt(folder, (part) => SCSI_HOST.test(part));
  const carrier = ancestryOf(folder).usb.length > 0 ? `${usbPlace(folder)}/` : withoutController(above);
  return `${carrier}scsi${ordinalOf(host)}/${address.slice(address.indexOf(':') + 1)}`;
};

/** Which of its carrier's SCSI hosts each is: one controller has a host for each of its ports. @throws Unlisted */
export const scsiHostOrdinals = (root: string): ((host: string) => number) => {
  const carriers = new Map<string, string[]>();
  for (const [host, folder] of busFolders(root, 'bus/scsi/devices', (name) => (SCSI_HOST.test(name) ? name : undefined), [])) {
    const { pci, usb } = ancestryOf(folder);
    const carrier = pci.length + usb.length > 0 ? `${pci.at(-1)} ${usb.at(-1)}` : splitAt(folder, (part) => part === host)[0];
    carriers.set(carrier, [...(carriers.get(carrier) ?? []), host]);
  }
  const ordinals = new Map([...carriers.values()].flatMap((hosts) => byNumber(hosts).map((host, ordinal) => [host, ordinal] as const)));
  return (host) => ordinals.get(host) ?? 0;
};

/** A path up to a part, and that part. */
const splitAt = (folder: string, is: (part: string) => boolean): readonly [above: string, part: string] => {
  const parts = folder.split('/');
  const index = parts.findIndex(is);
  return index < 0 ? [folder, ''] : [parts.slice(0, index).join('/'), parts[index] as string];
};

/** The way to a controller that is no PCI function, as of a board: `platform/soc/fe980000.usb/`. */
const withoutController = (above: string): string =>
  ancestryOf(above).pci.length > 0
    ? ''
    : `${above
        .split('/')
        .slice(above.split('/').lastIndexOf('devices') + 1)
        .join('/')}/`;

const byNumber = (names: readonly string[]): readonly string[] => names.toSorted((a, b) => numberIn(a) - numberIn(b));
const numberIn = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
