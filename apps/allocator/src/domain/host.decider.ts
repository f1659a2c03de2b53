import { unhandled } from '@vfleet/decider';
import type { DomainEvent, EventData, FactOf, HostDescription } from '@vfleet/contracts';
import { withTags, type DeviceObservation } from '@vfleet/pci';
import { attest } from './attestation.js';
import { NOTHING, type Decision, type Fleet, type Surroundings } from './decision.js';
import { equal } from './equal.js';
import { evolveHost } from './host.evolve.js';
import { MAX_DEVICES, newHost, type Host, type HostEvent } from './host.js';
import { plug, type Plugging } from './plugging.js';
import { brokenPromises } from './promises.js';

/** A fact of a host's agent that says something about its hardware or its life. */
export type HostFactCommand = FactOf<
  | 'HostOnline'
  | 'HostOffline'
  | 'DeviceDiscovered'
  | 'DeviceChanged'
  | 'DeviceRenamed'
  | 'DeviceReaddressed'
  | 'DeviceRemoved'
  | 'InventoryAttested'
  | 'HostdevAttached'
  | 'HostdevDetached'
>;

/**
 * What a fact of an agent comes to. Facts come late, twice and out of order: an earlier start of the agent is not
 * listened to any more, and per device only what is newer than the last change counts.
 */
export const decideHostFact = (fleet: Fleet, fact: HostFactCommand, surroundings: Surroundings): Decision => {
  const host = fleet.host(fact.data.hostId) ?? newHost(fact.data.hostId);
  if (fact.data.epoch < host.epoch || fact.data.epoch < (host.seen?.epoch ?? '')) return NOTHING;
  if (fact.name === 'InventoryAttested') return attest(fleet, host, fact.data, surroundings);
  if (fact.name === 'HostdevAttached' || fact.name === 'HostdevDetached') return plug(fleet, host, fact, surroundings);
  if (isTooMuch(host, fact)) return tooMany(host);
  const events = eventsOf(host, fact);
  const broken = promisesBroken(fleet, host, events, surroundings);
  const back = host.status === 'stale' && fact.name !== 'HostOnline' && fact.name !== 'HostOffline' ? [recovered(host, surroundings.now)] : [];
  return { events: [...back, ...events, ...broken], marks: [seenMark(host, fact.data.epoch, surroundings.now)], answer: { kind: 'nothing' } };
};

/** A device that the host did not have, when it has as many as it may. */
const isTooMuch = ({ devices }: Host, fact: HostFactCommand): boolean =>
  (fact.name === 'DeviceDiscovered' || fact.name === 'DeviceChanged') && devices.size >= MAX_DEVICES && !devices.has(fact.data.device.deviceId);

const tooMany = ({ hostId }: Host): Decision => ({
  events: [],
  answer: { kind: 'refused', refusal: { code: 'TOO_MANY_DEVICES', message: `host ${hostId} has ${MAX_DEVICES} devices, and may have no more` } },
});

/** None on a host whose devices nobody holds, such as one that tells of itself for the first time: its state after that is not made up. */
const promisesBroken = (fleet: Fleet, host: Host, events: readonly DomainEvent[], surroundings: Surroundings): readonly DomainEvent[] => {
  if (host.holders.size === 0) return [];
  const after = events.reduce((state, event) => evolveHost(state, event as HostEvent), host);
  return brokenPromises(fleet, host, after, concerned(after, events), surroundings);
};

/** Devices of which a promise may be broken by some events: those that the events are about, or all that are held. */
const concerned = (host: Host, events: readonly DomainEvent[]): readonly string[] =>
  events.flatMap(({ type, data }) => (type === 'HostOnline' ? [...host.holders.keys()] : 'deviceId' in data && data.deviceId ? [data.deviceId] : []));

export const recovered = ({ hostId }: Host, lastSeenAt: string): DomainEvent => ({ type: 'HostRecovered', data: { hostId, lastSeenAt } });

/** What was attested stays known; an agent that has started anew counts from 1 again. */
const seenMark = ({ hostId, seen }: Host, epoch: string, now: string): NonNullable<Decision['marks']>[number] => {
  const { sequence, ...rest } = seen ?? {};
  const counted = seen?.epoch === epoch && sequence !== undefined ? { sequence } : {};
  return { key: `host:${hostId}`, value: { ...rest, ...counted, lastSeenAt: now, epoch }, lasting: false };
};

type DeviceOrHostFact = Exclude<HostFactCommand, FactOf<'InventoryAttested'> | Plugging>;

const eventsOf = (host: Host, fact: DeviceOrHostFact): readonly DomainEvent[] => {
  const observed = { epoch: fact.data.epoch, sequence: fact.data.sequence, observedAt: fact.data.observedAt };
  const { hostId } = host;
  switch (fact.name) {
    case 'HostOnline': {
      const description = describeHost(fact.data);
      const repeated = host.status === 'online' && host.epoch === observed.epoch && equal(description, host.description);
      return repeated ? [] : [{ type: 'HostOnline', data: { hostId, host: description, observed } }];
    }
    case 'HostOffline':
      return host.status === 'offline' ? [] : [{ type: 'HostOffline', data: { hostId, reason: fact.data.reason, observed } }];
    case 'DeviceDiscovered':
    case 'DeviceChanged':
      return isNews(host, fact.data.device.deviceId, observed) ? observe(host, fact.data.device, observed) : [];
    case 'DeviceRenamed': {
      const device = host.devices.get(fact.data.deviceId);
      return device && isNews(host, device.deviceId, observed) ? rename(host, device, fact.data.name ?? null, observed) : [];
    }
    case 'DeviceReaddressed': {
      const device = host.devices.get(fact.data.deviceId);
      return device && isNews(host, device.deviceId, observed) ? readdress(host, device, fact.data.address, observed) : [];
    }
    case 'DeviceRemoved':
      return isNews(host, fact.data.deviceId, observed) ? remove(host, fact.data.deviceId, fact.data.reason, observed) : [];
    default:
      return unhandled(fact);
  }
};

type Observed = EventData<'DeviceRemoved'>['observed'];

const isNews = (host: Host, deviceId: string, { epoch, sequence }: Observed): boolean => {
  const last = host.observed.get(deviceId);
  return last === undefined || epoch > last.epoch || (epoch === last.epoch && sequence > last.sequence);
};

/** The whole of a device was observed: what is new about it, told by the most telling event. */
const observe = (host: Host, seen: DeviceObservation, observed: Observed): readonly DomainEvent[] => {
  const { hostId } = host;
  const { deviceId, address } = seen;
  const device = withTags(seen, host.tags.get(deviceId));
  const before = host.devices.get(deviceId);
  const whole = { hostId, deviceId, address, device: device as EventData<'DeviceChanged'>['device'], observed };
  if (!before) return [{ type: 'DeviceDiscovered', data: whole }];
  if (host.missing.has(deviceId)) return [{ type: 'DeviceReturned', data: { ...whole, ...holderOf(host, deviceId) } }];

  const named = { ...before, address, name: device.name };
  return [
    ...readdress(host, before, address, observed),
    ...rename(host, { ...before, address }, device.name ?? null, observed),
    ...(equal(named, device) ? [] : [{ type: 'DeviceChanged', data: whole } as const]),
  ];
};

const readdress = (
  host: Host,
  { deviceId, address: previousAddress }: DeviceObservation,
  address: string,
  observed: Observed,
): readonly DomainEvent[] =>
  previousAddress === address
    ? []
    : [{ type: 'DeviceReaddressed', data: { hostId: host.hostId, deviceId, previousAddress, address, observed, ...holderOf(host, deviceId) } }];

const holderOf = ({ holders }: Host, deviceId: string): { readonly vmId?: string } => {
  const vmId = holders.get(deviceId);
  return vmId === undefined ? {} : { vmId };
};

const rename = ({ hostId }: Host, { deviceId, address, name }: DeviceObservation, next: string | null, observed: Observed): readonly DomainEvent[] =>
  (name ?? null) === next ? [] : [{ type: 'DeviceRenamed', data: { hostId, deviceId, address, previousName: name ?? null, name: next, observed } }];

/** A device that nobody holds goes; one that a VM holds stays as missing, and the VM's owner is told. */
const remove = (host: Host, deviceId: string, reason: string, observed: Observed): readonly DomainEvent[] => {
  const device = host.devices.get(deviceId);
  if (!device || host.missing.has(deviceId)) return [];
  const { hostId } = host;
  const gone = { hostId, deviceId, address: device.address, reason, observed };
  const vmId = host.holders.get(deviceId);
  const reservation = vmId === undefined ? undefined : host.reservations.get(vmId);
  if (vmId === undefined || !reservation) return [{ type: 'DeviceRemoved', data: gone }];
  const { reservationId } = reservation;
  return [
    { type: 'DeviceMissing', data: { ...gone, vmId } },
    { type: 'DeviceLost', data: { hostId, deviceId, address: device.address, reason, vmId, reservationId } },
  ];
};

const describeHost = ({ hostId: _h, epoch: _e, sequence: _s, observedAt: _o, ...description }: FactOf<'HostOnline'>['data']): HostDescription =>
  description;
