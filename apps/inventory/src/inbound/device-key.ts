/** Where a device stands in the order of lists. */
export type DeviceKey = readonly [hostId: string, sortKey: string, deviceId: string];
