import { createHash } from 'node:crypto';

/** The id of a device: the first 10 bytes of SHA-256 over `hostId|identity`, in lower-case hex. */
export const deviceIdOf = (hostId: string, identity: string): string =>
  createHash('sha256').update(`${hostId}|${identity}`).digest('hex').slice(0, 20);

/** Digest of a host's whole inventory: SHA-256 over `<deviceId> <address> <name>\n` per device, lines sorted by byte. */
export const inventoryDigest = (devices: Iterable<{ readonly deviceId: string; readonly address: string; readonly name?: string }>): string => {
  const lines = [...devices].map(({ deviceId, address, name = '' }) => Buffer.from(`${deviceId} ${address} ${name}\n`));
  const hash = createHash('sha256');
  for (const line of lines.sort((a, b) => a.compare(b))) hash.update(line);
  return hash.digest('hex');
};
