import { randomUUID } from 'node:crypto';
import { hostFactSubject } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import type { RunningSystem } from './running-system.js';

const SLOTS = 32;
const FIRST_BUS = 16;

const addressOf = (at: number): string =>
  `0000:${(FIRST_BUS + Math.floor(at / SLOTS)).toString(16).padStart(2, '0')}:${(at % SLOTS).toString(16).padStart(2, '0')}.0`;

/** Puts a host into the fleet that has one device of each name, as its agent would tell it. */
export const addHost = ({ nats }: RunningSystem, hostId: string, names: readonly string[]): void => {
  const epoch = randomUUID();
  let sequence = 0;
  const tell = (fact: 'HostOnline' | 'DeviceDiscovered', data: object): void => {
    sequence += 1;
    const common = { hostId, epoch, sequence, observedAt: new Date().toISOString() };
    nats.publish(hostFactSubject(hostId, fact), JSON.stringify({ ...common, ...data }));
  };
  tell('HostOnline', { hostname: hostId, agentVersion: '1', heartbeatSeconds: 3_600 });
  names.forEach((name, at) => tell('DeviceDiscovered', { device: aDevice(hostId, addressOf(at), { name, iommuGroup: at }) }));
};
