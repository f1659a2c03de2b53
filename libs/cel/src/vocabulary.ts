/** CEL types of the fields of one interface in `device.net`. */
export const NET_FIELDS = {
  ifname: 'string',
  mac: 'string',
  permanentMac: 'string',
  speedMbps: 'int',
  carrier: 'bool',
  physPortId: 'string',
  physSwitchId: 'string',
  linkType: 'string',
} as const;

/** CEL types of the fields of one entry in `device.hostUse`. */
export const HOST_USE_FIELDS = { code: 'string', detail: 'string' } as const;

/** CEL types of everything that may follow `device.`: the observation, and what is derived from it. */
export const DEVICE_FIELDS = {
  deviceId: 'string',
  identity: 'string',
  kind: 'string',
  address: 'string',
  name: 'string',
  vendorId: 'string',
  productId: 'string',
  subsystemVendorId: 'string',
  subsystemProductId: 'string',
  vendorName: 'string',
  productName: 'string',
  class: 'string',
  className: 'string',
  revision: 'string',
  driver: 'string',
  functionType: 'string',
  parentDeviceId: 'string',
  vfIndex: 'int',
  totalVfs: 'int',
  numVfs: 'int',
  iommuGroup: 'int',
  numaNode: 'int',
  pcieRoot: 'string',
  slot: 'string',
  net: 'list<net>',
  serial: 'string',
  ambiguous: 'bool',
  bootVga: 'bool',
  hostUse: 'list<hostUse>',
  physicalNetwork: 'string',
  liveMigratable: 'bool',
  tags: 'map<string, string>',
  model: 'string',
  deviceType: 'string',
  pf: 'string',
  linkType: 'string',
  speedMbps: 'int',
} as const;

export type DeviceField = keyof typeof DEVICE_FIELDS;

/** Names that may follow `device.` in an expression. */
export const WHERE_ATTRIBUTES: readonly string[] = Object.keys(DEVICE_FIELDS);

/** Attributes that say "there is none" by null; a device that lacks another attribute lacks it altogether. */
export const NULLABLE: ReadonlySet<string> = new Set<DeviceField>(['iommuGroup', 'numaNode']);

/** What an expression may call. None reads the clock, and none makes a text or a list longer than what it is given. */
export const FUNCTIONS: readonly string[] = ['has', 'size', 'int', 'double', 'string', 'bool'];
export const METHODS: readonly string[] = [
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'size',
  'lowerAscii',
  'upperAscii',
  'trim',
  'substring',
  'indexOf',
  'lastIndexOf',
];
/** Those that fail on some values. */
export const FAILING_METHODS: readonly string[] = ['substring', 'indexOf', 'lastIndexOf'];
/** Methods that run over a list, or over the keys of a map. */
export const LOOPS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter'];

/** Characters of an expression. */
export const MAX_LENGTH = 1024;
/** Nodes of its syntax tree; the depth of its brackets; elements of a list that it writes out. */
export const MAX_NODES = 256;
export const MAX_DEPTH = 24;
export const MAX_ELEMENTS = 64;
/** Steps that one evaluation may take, a loop over an attribute counted as `EXPECTED_ELEMENTS` rounds. */
export const MAX_STEPS = 512;
export const EXPECTED_ELEMENTS = 16;
/** What may fail counts as this many steps more: an error takes 20 to 70 times as long as a step (measured: 2 to 7 against 0.1 µs). */
export const FAILING_STEPS = 32;
