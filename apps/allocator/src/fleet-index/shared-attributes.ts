import { traitsOf, type Attributes, type DeviceObservation } from '@vfleet/pci';

/** Attributes of an observation that many devices of a fleet have alike. `areAlike` compares each. */
const OBSERVED = [
  'productId',
  'numaNode',
  'name',
  'functionType',
  'vendorId',
  'driver',
  'class',
  'physicalNetwork',
  'subsystemVendorId',
  'subsystemProductId',
  'numVfs',
  'totalVfs',
  'kind',
  'vendorName',
  'productName',
  'className',
  'revision',
  'ambiguous',
  'bootVga',
  'liveMigratable',
] as const satisfies readonly (keyof DeviceObservation)[];

/** What follows from a device and, for a VF, from its PF. */
const TRAITS = ['pf', 'physicalNetwork', 'linkType', 'speedMbps', 'deviceType'] as const;

export const isTrait = (attribute: string): attribute is (typeof TRAITS)[number] => (TRAITS as readonly string[]).includes(attribute);

const SHARED: ReadonlySet<string> = new Set<string>([...OBSERVED, ...TRAITS]);

/** Attributes that follow from the registered models, and change with them. */
export const MODELLED: ReadonlySet<string> = new Set(['model', 'deviceType']);

/** Whether devices have an attribute alike for whom all shared attributes are alike. */
export const isShared = (attribute: string): boolean => SHARED.has(attribute) || MODELLED.has(attribute) || isTags(attribute);

export const isTags = (attribute: string): boolean => attribute === 'tags' || attribute.startsWith('tags.');

/** A device with the PF that it is a VF of. */
export interface Located {
  readonly device: DeviceObservation;
  readonly pf: DeviceObservation | undefined;
}

/** Whether two devices have all shared attributes alike. Written out, for it is asked of every device of a fleet. */
export const areAlike = ({ device: a, pf }: Located, { device: b, pf: otherPf }: Located): boolean =>
  a.productId === b.productId &&
  a.numaNode === b.numaNode &&
  a.name === b.name &&
  a.functionType === b.functionType &&
  a.vendorId === b.vendorId &&
  a.driver === b.driver &&
  a.class === b.class &&
  a.physicalNetwork === b.physicalNetwork &&
  a.subsystemVendorId === b.subsystemVendorId &&
  a.subsystemProductId === b.subsystemProductId &&
  a.numVfs === b.numVfs &&
  a.totalVfs === b.totalVfs &&
  a.kind === b.kind &&
  a.vendorName === b.vendorName &&
  a.productName === b.productName &&
  a.className === b.className &&
  a.revision === b.revision &&
  a.ambiguous === b.ambiguous &&
  a.bootVga === b.bootVga &&
  a.liveMigratable === b.liveMigratable &&
  sameNet(a, b) &&
  sameTags(a.tags, b.tags) &&
  (pf === otherPf || (sameNet(pf, otherPf) && pf?.physicalNetwork === otherPf?.physicalNetwork));

/** What a device's traits take from a network interface. */
const sameNet = (one: DeviceObservation | undefined, other: DeviceObservation | undefined): boolean => {
  const [a, b] = [one?.net[0], other?.net[0]];
  return a === b || (a?.ifname === b?.ifname && a?.linkType === b?.linkType && a?.speedMbps === b?.speedMbps);
};

const sameTags = (one: DeviceObservation['tags'], other: DeviceObservation['tags']): boolean => {
  if (one === other) return true;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
};

/** The shared attributes of a device, as a match or an expression may ask for them. What it lacks stays away. */
export const sharedOf = ({ device, pf }: Located): Attributes => {
  const traits = traitsOf(device, pf);
  const shared: Record<string, unknown> = { tags: device.tags };
  for (const name of OBSERVED) if (device[name] !== undefined) shared[name] = device[name];
  for (const name of TRAITS) if (traits[name] !== undefined) shared[name] = traits[name];
  return shared;
};

/** A text that is the same for devices that are alike, and seldom for others. */
export const drawerOf = ({ device, pf }: Located): string =>
  `${device.productId} ${device.numaNode} ${device.name} ${device.driver} ${device.physicalNetwork} ${(pf ?? device).net[0]?.ifname}`;
