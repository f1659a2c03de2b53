import { DEVICE_STATES } from '@vfleet/contracts';
import { isToken } from '@vfleet/pci';
import { addressed } from './address-filter.js';
import { among, type Build } from './condition.js';

/** Equal as JSON, so that a number never equals a text. */
const json =
  (path: string): Build =>
  (values, parameter) =>
    among(
      path,
      values.map((value) => JSON.stringify(value)),
      parameter,
      'jsonb',
    );

const lowerCase =
  (build: Build): Build =>
  (values, parameter) =>
    build(
      values.map((value) => String(value).toLowerCase()),
      parameter,
    );

const column =
  (name: string, type = 'text'): Build =>
  (values, parameter) =>
    among(name, values, parameter, type);

const matching =
  (text: string, operator: string, toPattern: (value: string) => string): Build =>
  (values, parameter) => ({
    sql: `${text} ${operator} any(:${parameter})`,
    parameters: { [parameter]: values.map((value) => toPattern(String(value))) },
  });

/** `ens1f0`, or with VF indexes `ens1f0#0-3,7`. */
const physicalFunction: Build = (values, parameter) => {
  const parameters: Record<string, unknown> = {};
  const alternatives = values.map((value, index) => {
    const [name, ranges] = String(value).split('#');
    parameters[`${parameter}_${index}`] = name;
    const named = `device.traits ->> 'pf' = :${parameter}_${index}`;
    if (ranges === undefined) return named;
    const bounds = ranges.split(',').map((range) => range.split('-').map(Number));
    const within = bounds.map(([from = 0, to = from], at) => {
      const bound = `${parameter}_${index}_${at}`;
      Object.assign(parameters, { [`${bound}_from`]: from, [`${bound}_to`]: to });
      return `cast(device.observation ->> 'vfIndex' as bigint) between :${bound}_from and :${bound}_to`;
    });
    return `(${named} and (${within.join(' or ')}))`;
  });
  return { sql: `(${alternatives.join(' or ')})`, parameters };
};

export const observed = (key: string): Build => json(`device.observation -> '${key}'`);
const trait = (key: string): Build => json(`device.traits -> '${key}'`);

/** Where each key of a match stands in a row. */
export const MATCH: Readonly<Record<string, Build>> = {
  kind: observed('kind'),
  vendorId: lowerCase(observed('vendorId')),
  productId: lowerCase(observed('productId')),
  subsystemVendorId: lowerCase(observed('subsystemVendorId')),
  subsystemProductId: lowerCase(observed('subsystemProductId')),
  class: matching(`device.observation ->> 'class'`, 'like', (prefix) => `${prefix.toLowerCase()}%`),
  address: addressed,
  pf: physicalFunction,
  name: observed('name'),
  model: trait('model'),
  deviceType: trait('deviceType'),
  driver: observed('driver'),
  functionType: observed('functionType'),
  numaNode: observed('numaNode'),
  iommuGroup: observed('iommuGroup'),
  physicalNetwork: trait('physicalNetwork'),
  parentDeviceId: observed('parentDeviceId'),
  linkType: trait('linkType'),
  speedMbps: trait('speedMbps'),
  liveMigratable: observed('liveMigratable'),
};

const tagged: (tag: string) => Build = (tag) => (values, parameter) => ({
  sql: `device.observation -> 'tags' ->> :${parameter}_tag = any(:${parameter})`,
  parameters: { [`${parameter}_tag`]: tag, [parameter]: values },
});

export interface OwnKey {
  readonly valid: (value: unknown) => boolean;
  readonly form: string;
  readonly build: Build;
}

const token = { valid: (value: unknown): boolean => typeof value === 'string' && isToken(value), form: 'an id, or a list of ids' };

/** Keys that a filter has beside those of a match. */
export const OWN: Readonly<Record<string, OwnKey>> = {
  hostId: { ...token, build: column('device.host_id') },
  vmId: { ...token, build: column('device.vm_id') },
  state: {
    valid: (value) => DEVICE_STATES.includes(value as never),
    form: `one or more of ${DEVICE_STATES.join(', ')}`,
    build: column('device.state'),
  },
  eligible: { valid: (value) => typeof value === 'boolean', form: 'true or false', build: column('device.eligible', 'boolean') },
};

/** The condition that a key of a match makes of its values. */
export const buildOf = (key: string): Build => (key.startsWith('tags.') ? tagged(key.slice('tags.'.length)) : (MATCH[key] as Build));
