import { describe, expect, it } from '@jest/globals';
import { deviceIdOf, inventoryDigest } from './identity.js';

// The expected values were made with `printf … | sha256sum`.
describe('the id of a device', () => {
  it('is made of its host and its identity alone', () => {
    expect(deviceIdOf('h1', 'serial:pci:8086:1572:3cfdfeffff9e8d70:0')).toBe('3fd0bc4fc59ddb2c4674');
    expect(deviceIdOf('h1', 'x')).toBe('ae8d835326992812399c');
    expect(deviceIdOf('hôst', 'x')).toBe('24bd82e6f0c6214b7225');
  });
});

describe('the digest of an inventory', () => {
  const one = { deviceId: 'a'.repeat(20), address: '0000:28:00.0' };
  const two = { deviceId: 'b'.repeat(20), address: '0000:28:02.0', name: '10GE' };

  it('is made of one line per device, nothing after the second blank where it has no name', () => {
    expect(inventoryDigest([one, two])).toBe('e73135b52145d46a7a340c57fa67542293de97936c273efbec19dc9871709361');
  });

  it('does not depend on the order in which devices were found', () => {
    expect(inventoryDigest([two, one])).toBe(inventoryDigest([one, two]));
  });

  it('of an empty host is that of nothing', () => {
    expect(inventoryDigest([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
