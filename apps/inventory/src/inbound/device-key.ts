/** Where a device stands in the order of lists. */
export type DeviceKey = readonly [hostId: string, sortKey: string, deviceId: string];

/** Which comes first in lists: by byte, as the database sorts. */
export const compareKeys = (a: DeviceKey, b: DeviceKey): number => {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] as string) < (b[at] as string) ? -1 : 1;
};

/** Sorts behind every device of a host. */
export const behindHost = (hostId: string): DeviceKey => [hostId, '~', '~'];
