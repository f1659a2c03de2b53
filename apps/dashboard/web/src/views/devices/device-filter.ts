/** How the value of a key is written in the address and read from it. */
type Form = 'text' | 'number' | 'yes or no';

/** A key that devices can be filtered by, as `devices.list` takes it. */
export interface FilterKey {
  readonly key: string;
  readonly label: string;
  readonly form: Form;
  /** The only values there are, where they are few. */
  readonly values?: readonly string[];
  readonly example?: string;
}

const text = (key: string, label: string, example?: string): FilterKey => ({ key, label, form: 'text', ...(example !== undefined && { example }) });
const oneOf = (key: string, label: string, values: readonly string[]): FilterKey => ({ key, label, form: 'text', values });

/** Keys of `match` and those that filters have beside them (contract, sections 4 and 6); tags stand apart. */
export const FILTER_KEYS: readonly FilterKey[] = [
  text('hostId', 'Host', 'sim-01'),
  oneOf('state', 'State', ['available', 'held', 'releasing', 'ineligible', 'missing', 'removed']),
  text('name', 'Name', '10GE'),
  oneOf('functionType', 'Function type', ['pf', 'vf', 'plain']),
  text('deviceType', 'Device type', 'NIC'),
  text('physicalNetwork', 'Physical network', 'physnet1'),
  text('vmId', 'Held by VM', 'vm-42'),
  { key: 'eligible', label: 'Eligible', form: 'yes or no', values: ['true', 'false'] },
  text('address', 'Address', '0000:28:*.0'),
  text('model', 'Model'),
  text('driver', 'Driver', 'vfio-pci'),
  text('pf', 'PF', 'ens1f0#0-3,7'),
  { key: 'numaNode', label: 'NUMA node', form: 'number', example: '0' },
  { key: 'iommuGroup', label: 'IOMMU group', form: 'number', example: '13' },
  text('vendorId', 'Vendor id', '8086'),
  text('productId', 'Product id', '154c'),
  text('subsystemVendorId', 'Subsystem vendor id'),
  text('subsystemProductId', 'Subsystem product id'),
  text('class', 'Class', '0200'),
  oneOf('kind', 'Kind', ['pci', 'usb', 'scsi', 'mdev']),
  text('parentDeviceId', 'Parent device id'),
  oneOf('linkType', 'Link type', ['ether', 'infiniband']),
  { key: 'speedMbps', label: 'Speed in Mbit/s', form: 'number', example: '10000' },
  { key: 'liveMigratable', label: 'Live migratable', form: 'yes or no', values: ['true', 'false'] },
];

/** Parameters of a filter begin so: what they are called does not meet the page's own. */
const PREFIX = 'f.';
const TAGS = 'tags.';

export const parameterOf = (key: string): string => `${PREFIX}${key}`;

const formOf = (key: string): Form => FILTER_KEYS.find((known) => known.key === key)?.form ?? 'text';

/** A value as the request has it. What is no number stays text: the service says what is wrong with it. */
const toValue = (form: Form, written: string): string | number | boolean => {
  if (form === 'number' && /^-?\d+$/.test(written)) return Number(written);
  if (form === 'yes or no' && (written === 'true' || written === 'false')) return written === 'true';
  return written;
};

/** Several values are written with commas; those of a tag, and VF indexes behind a PF, may hold commas themselves. */
const split = (key: string, written: string): readonly string[] =>
  key.startsWith(TAGS) || key === 'pf'
    ? [written]
    : written
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');

/** The conditions in the address: key and what is written, in their order. */
export const writtenConditions = (search: URLSearchParams): readonly (readonly [key: string, written: string])[] =>
  [...search].filter(([name, value]) => name.startsWith(PREFIX) && value !== '').map(([name, value]) => [name.slice(PREFIX.length), value]);

/** The filter of `devices.list` that an address says. */
export const toFilter = (search: URLSearchParams): Record<string, unknown> => {
  const filter: Record<string, unknown> = {};
  for (const [key, written] of writtenConditions(search)) {
    const values = split(key, written).map((one) => toValue(formOf(key), one));
    if (values.length > 0) filter[key] = values.length === 1 ? values[0] : values;
  }
  return filter;
};

/** In the words of the view: `tags.rack` is the tag rack. */
export const labelOf = (key: string): string =>
  key.startsWith(TAGS) ? `Tag ${key.slice(TAGS.length)}` : (FILTER_KEYS.find((known) => known.key === key)?.label ?? key);
