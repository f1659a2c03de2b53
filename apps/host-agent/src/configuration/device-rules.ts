import { canonicalAddressGlob, compileMatch, faultsAsWritten, matchesAddressGlob, parsePciAddress, type Match, type Predicate } from '@vfleet/pci';
import type { DeviceRule } from '../domain/labels.js';
import type { YamlPath } from './yaml-file.js';

/** Told of each fault: where below `devices`, and what is wrong. */
export type TellFault = (path: YamlPath, message: string) => void;

const KEYS = ['address', 'match', 'name', 'tags', 'physicalNetwork', 'exclude', 'liveMigratable', 'numVfs'];
const MAX_TEXT = 256;
/** `NumVFs` of the SR-IOV capability has 16 bits (PCIe 6.0, 9.3.3.7). */
const MAX_VFS = 65_535;

/** What an address may look like, wildcards included: PCI, USB, SCSI, mdev. */
const ADDRESS_FORMS: readonly RegExp[] = [
  /^([0-9a-f*?]{1,8}:)?[0-9a-f*?]{1,2}:[0-9a-f*?]{1,2}\.[0-7*?]$/i,
  /^[\d*?]{1,5}-[\d*?]{1,3}(\.[\d*?]{1,3})*$/,
  /^[\d*?]{1,5}(:[\d*?]{1,5}){3}$/,
  /^[0-9a-f*?]{1,8}(-[0-9a-f*?]{1,4}){3}-[0-9a-f*?]{1,12}$/i,
];

/** Checks the `devices` of a configuration and makes rules of them. */
export const parseDeviceRules = (devices: unknown, tell: TellFault): readonly DeviceRule[] => {
  if (!Array.isArray(devices)) {
    tell([], 'must be a list');
    return [];
  }
  const literals = new Map<string, number>();
  return devices.flatMap((device: unknown, index) => {
    if (typeof device !== 'object' || device === null || Array.isArray(device)) {
      tell([index], 'must be a mapping with address or match');
      return [];
    }
    return parseRule(
      device as Record<string, unknown>,
      (path, message) => tell([index, ...path], message),
      (literal) => {
        const before = literals.get(literal);
        if (before !== undefined) tell([index, 'address'], `${literal} stands already in devices[${before}]`);
        literals.set(literal, before ?? index);
      },
    );
  });
};

const parseRule = (device: Record<string, unknown>, tell: TellFault, literal: (address: string) => void): readonly DeviceRule[] => {
  for (const key of Object.keys(device)) if (!KEYS.includes(key)) tell([key], 'is no setting');
  if (device['address'] === undefined && device['match'] === undefined) tell([], 'must say address or match');
  const tests = [byAddress(device['address'], tell, literal), byMatch(device['match'], tell)].filter((test) => test !== undefined);
  checkText(device, 'name', tell);
  checkText(device, 'physicalNetwork', tell);
  checkTags(device['tags'], tell);
  checkTruth(device, 'exclude', tell);
  checkTruth(device, 'liveMigratable', tell);
  checkVfs(device['numVfs'], tell);
  const { address: _, match: __, ...said } = device;
  return [{ ...(said as Omit<DeviceRule, 'selects'>), selects: (attributes) => tests.length > 0 && tests.every((test) => test(attributes)) }];
};

const byAddress = (address: unknown, tell: TellFault, literal: (address: string) => void): Predicate | undefined => {
  if (address === undefined) return undefined;
  if (typeof address !== 'string' || !ADDRESS_FORMS.some((form) => form.test(address))) {
    tell(['address'], `${JSON.stringify(address)} is no address and no glob over addresses`);
    return undefined;
  }
  if (/[*?]/.test(address)) {
    const glob = canonicalAddressGlob(address);
    return (attributes) => typeof attributes['address'] === 'string' && matchesAddressGlob(glob, attributes['address']);
  }
  const wanted = parsePciAddress(address) ?? address.toLowerCase();
  literal(wanted);
  return (attributes) => attributes['address'] === wanted;
};

const byMatch = (match: unknown, tell: TellFault): Predicate | undefined => {
  if (match === undefined) return undefined;
  if (typeof match !== 'object' || match === null || Array.isArray(match)) {
    tell(['match'], 'must be a mapping');
    return undefined;
  }
  const compiled = compileMatch(match as Match);
  for (const { field, message } of faultsAsWritten(match as Match)) {
    const [first = '', ...key] = field.split('.');
    tell(key.length > 0 ? [first, key.join('.')] : [first], message);
  }
  return 'test' in compiled ? compiled.test : undefined;
};

const checkText = (device: Record<string, unknown>, key: string, tell: TellFault): void => {
  const value = device[key];
  if (value !== undefined && (typeof value !== 'string' || value.trim() === '' || value.length > MAX_TEXT))
    tell([key], `must be text of 1 to ${MAX_TEXT} characters`);
};

const checkTruth = (device: Record<string, unknown>, key: string, tell: TellFault): void => {
  if (device[key] !== undefined && typeof device[key] !== 'boolean') tell([key], 'must be true or false');
};

const checkVfs = (numVfs: unknown, tell: TellFault): void => {
  const fits = Number.isInteger(numVfs) && (numVfs as number) >= 0 && (numVfs as number) <= MAX_VFS;
  if (numVfs !== undefined && !fits) tell(['numVfs'], `must be a whole number from 0 to ${MAX_VFS}`);
};

const checkTags = (tags: unknown, tell: TellFault): void => {
  if (tags === undefined) return;
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return tell(['tags'], 'must be a mapping of texts');
  for (const [key, value] of Object.entries(tags)) if (typeof value !== 'string') tell(['tags', key], 'must be text');
};
