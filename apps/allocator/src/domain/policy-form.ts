import type { Policy } from '@vfleet/contracts';
import { faultsAsWritten, isAddressGlob, isGlob, type Fault } from '@vfleet/pci';

/** What is wrong with a policy as it is written, beyond the shape of its fields. */
export const policyFaults = ({ selector, addressMap }: Pick<Policy, 'selector' | 'addressMap'>): readonly Fault[] => [
  ...(selector === undefined ? [] : faultsAsWritten(selector, 'selector')),
  ...addressMapFaults(addressMap, 'addressMap'),
];

/** Addresses on both sides; a glob names no single place. */
export const addressMapFaults = (addressMap: Policy['addressMap'] = {}, field: string): readonly Fault[] =>
  Object.entries(addressMap).flatMap(([source, target]) =>
    isAddress(source) && isAddress(target)
      ? []
      : [{ field: `${field}.${source}`, message: 'must say an address on the source and one on the target' }],
  );

const isAddress = (text: string): boolean => isAddressGlob(text) && !isGlob(text);
