import { describe, expect, it } from '@jest/globals';
import { NO_NAMES, parsePciIds, systemNames } from './names.js';

const DATABASE = `# a comment
8086  Intel Corporation
\t10c9  82576 Gigabit Network Connection
\t\t1af4 1100  QEMU Virtual Machine
10de  NVIDIA Corporation
\t10c9  Another product
C 02  Network controller
\t00  Ethernet controller
\t\t01  Some interface
C 03  Display controller
`;

describe('the PCI id database', () => {
  const names = parsePciIds(DATABASE);

  it('names vendors, and products within their vendor', () => {
    expect([names.vendor('8086'), names.product('8086', '10c9'), names.product('10de', '10c9')]).toEqual([
      'Intel Corporation',
      '82576 Gigabit Network Connection',
      'Another product',
    ]);
  });

  it('names the subclass, else the class', () => {
    expect([names.class('020000'), names.class('030200')]).toEqual(['Ethernet controller', 'Display controller']);
  });

  it('names nothing that it does not have', () => {
    expect([names.vendor('1234'), names.product('8086', '1af4'), names.class('ff0000')]).toEqual([undefined, undefined, undefined]);
  });

  it('need not be there', () => {
    expect(systemNames(['/nowhere/pci.ids'])).toBe(NO_NAMES);
  });
});
