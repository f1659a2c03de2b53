import { parsePciAddress } from '@vfleet/pci';
import { parseHostdevName } from './driver.js';
import { QmpRefusal, type QmpConnection } from './qmp-connection.js';

/** A device of the host inside a VM. */
export interface Hostdev {
  /** By which QEMU takes orders about it: its id, or its path where it has none. */
  readonly name: string;
  /** In QEMU's object tree; events name it. */
  readonly path: string;
  /** On the host; undefined for a stand-in that was not attached as a device of this host. */
  readonly address?: string;
}

/** A place where a device can be plugged, and what the guest calls its bus. */
export interface Port {
  readonly name: string;
  /** The number that firmware or guest gave the bus behind it; 0 as long as they gave none. */
  readonly bus: number;
  readonly taken: boolean;
}

/** Where QEMU keeps devices that were given an id, and those that were not. */
const CONTAINERS = ['/machine/peripheral', '/machine/peripheral-anon'];
const CHILD = /^child<(.+)>$/;

interface QomProperty {
  readonly name: string;
  readonly type: string;
}

/** The devices of the host that QEMU has, read from its object tree. @throws as `QmpConnection.execute` */
export const hostdevsOf = async (qmp: QmpConnection, addressOf: (deviceId: string) => string | undefined): Promise<readonly Hostdev[]> => {
  const lists = await Promise.all(
    CONTAINERS.map(async (container) =>
      ((await qmp.execute('qom-list', { path: container })) as readonly QomProperty[]).map(({ name, type }) => ({
        name: container === CONTAINERS[0] ? name : `${container}/${name}`,
        path: `${container}/${name}`,
        model: CHILD.exec(type)?.[1] ?? '',
        deviceId: parseHostdevName(name),
      })),
    ),
  );
  const candidates = lists.flat().filter(({ model, deviceId }) => model.startsWith('vfio-pci') || deviceId !== undefined);
  const seen = await Promise.all(
    candidates.map(async ({ name, path, model, deviceId }): Promise<Hostdev | undefined> => {
      if (!model.startsWith('vfio-pci')) return { name, path, address: deviceId === undefined ? undefined : addressOf(deviceId) };
      const host = await hostAddress(qmp, path);
      return host === undefined ? undefined : { name, path, address: host };
    }),
  );
  return seen.filter((one) => one !== undefined);
};

/** Undefined for a device that went while it was asked about. */
const hostAddress = async (qmp: QmpConnection, path: string): Promise<string | undefined> => {
  try {
    return parsePciAddress((await qmp.execute('qom-get', { path, property: 'host' })) as string);
  } catch (error) {
    if (error instanceof QmpRefusal && error.kind === 'DeviceNotFound') return undefined;
    throw error;
  }
};

interface PciDevice {
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
  readonly qdev_id: string;
  readonly class_info: { readonly class: number };
  readonly pci_bridge?: { readonly bus: { readonly secondary: number }; readonly devices?: readonly PciDevice[] };
}

/** What the guest sees of its PCI buses. */
export interface GuestPci {
  /** A device's place, by the id that it has in QEMU; undefined while its bus has no number. */
  placeOf(name: string): string | undefined;
  readonly ports: readonly Port[];
}

const PCI_BRIDGE_CLASS = 0x0604;

export const guestPciOf = async (qmp: QmpConnection): Promise<GuestPci> => {
  const buses = (await qmp.execute('query-pci')) as readonly { readonly devices: readonly PciDevice[] }[];
  const all = buses.flatMap(({ devices }) => devices).flatMap(withThoseBelow);
  return {
    placeOf: (name) => all.filter(({ qdev_id: id }) => id === name).map(sayPlace)[0],
    ports: all
      .filter(({ class_info: { class: code }, qdev_id: id, pci_bridge: bridge }) => code === PCI_BRIDGE_CLASS && id !== '' && bridge)
      .map(({ qdev_id: name, pci_bridge: bridge }) => ({ name, bus: bridge?.bus.secondary ?? 0, taken: (bridge?.devices ?? []).length > 0 })),
  };
};

const withThoseBelow = (device: PciDevice): readonly PciDevice[] => [device, ...(device.pci_bridge?.devices ?? []).flatMap(withThoseBelow)];

const hex = (value: number): string => value.toString(16).padStart(2, '0');
const sayPlace = ({ bus, slot, function: fn }: PciDevice): string => `0000:${hex(bus)}:${hex(slot)}.${fn}`;

/** Free places, the one that the guest knows already before the others. */
export const freePorts = (ports: readonly Port[], allowed: readonly string[] | undefined, guestAddress: string | undefined): readonly string[] => {
  const wanted = guestAddress === undefined ? undefined : parsePciAddress(guestAddress);
  const bus = wanted === undefined ? -1 : parseInt(wanted.split(':')[1] ?? '', 16);
  const free = ports.filter(({ name, taken }) => !taken && (allowed?.includes(name) ?? true));
  return [...free.filter((port) => port.bus === bus), ...free.filter((port) => port.bus !== bus)].map(({ name }) => name);
};
