import { FleetMemory } from '@vfleet/allocator/fleet-memory';
import { devicesOf, hostName } from './fleet.js';

const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
const AT = '2026-11-20T10:00:00.000Z';

/** A host that its agent has reported whole. No journal has its events, so that its stream begins with what is written next. */
export const addHost = (memory: FleetMemory, hostId: string, devices: number): void => {
  const observed = { epoch: EPOCH, sequence: 1, observedAt: AT };
  const say = (type: string, data: object): void => memory.apply(`host-${hostId}`, 0, { type, data: { hostId, observed, ...data } });
  say('HostOnline', { host: { hostname: hostId, agentVersion: '0', heartbeatSeconds: 3_600 } });
  for (const device of devicesOf(hostId, devices)) say('DeviceDiscovered', { deviceId: device.deviceId, address: device.address, device });
  memory.commit();
};

/** Hosts `host-0`, `host-1`… of so many network functions named `10GE`. */
export const aFleetInMemory = (hosts: number, devicesPerHost: number): FleetMemory => {
  const memory = new FleetMemory();
  for (let n = 0; n < hosts; n += 1) addHost(memory, hostName(n), devicesPerHost);
  return memory;
};
