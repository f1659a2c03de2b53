import { canonicalAddressGlob, isGlob, parsePciAddress } from '@vfleet/pci';
import { among, type Build } from './condition.js';

/** Addresses as written, and globs over addresses. */
export const addressed: Build = (values, parameter) => {
  const exact = values.filter((value) => !isGlob(value)).map(writtenAddress);
  const globs = values.filter(isGlob).map((value) => addressPattern(String(value)));
  const written = among('device.address collate "C"', exact, parameter);
  if (globs.length === 0) return written;
  const sql = `(${written.sql} or device.address ~ any(:${parameter}_globs))`;
  return { sql, parameters: { ...written.parameters, [`${parameter}_globs`]: globs } };
};

/** `*` and `?` stay within a part of an address, as `matchesAddressGlob` has it. */
const addressPattern = (glob: string): string => {
  const parts = [...writtenAddress(glob)].map((character) =>
    character === '*' ? '[^:.-]*' : character === '?' ? '[^:.-]' : character === '.' ? '\\.' : character,
  );
  return `^${parts.join('')}$`;
};

/** An address as rows have it. */
export const writtenAddress = (value: unknown): string => parsePciAddress(String(value)) ?? canonicalAddressGlob(String(value));
