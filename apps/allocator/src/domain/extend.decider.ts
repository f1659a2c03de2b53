import type { DomainEvent, EventData, ExtendVm, ReservedDevice } from '@vfleet/contracts';
import { MAX_REQUESTS, type Ask } from '@vfleet/pci';
import type { Decision, Fleet, Refusal, Surroundings } from './decision.js';
import { ownHold, refusedOnTheMove, type Hold } from './moves.js';
import { regrant } from './regrant.js';
import { makeWay } from './release.js';
import { toGiven, toReservation, toReserved } from './reservation.js';
import { reserve, understand } from './reserve.js';
import { rewished } from './vm.js';

/**
 * More devices for a VM on its host, all or none, beside what it holds there. A VM that holds nothing is given its first
 * ones where it was last seen. What has vanished is given up. The same operation again answers what it added.
 */
export const decideExtend = (fleet: Fleet, request: ExtendVm, surroundings: Surroundings): Decision => {
  const { vmId, operationId, devices } = request;
  const own = ownHold(fleet, vmId);
  const known = own?.held.devices.filter(({ addedBy }) => addedBy === operationId) ?? [];
  if (own && known.length > 0) return extended(own, known);
  const onTheMove = refusedOnTheMove(fleet, vmId);
  if (onTheMove) return conflicting(onTheMove);
  if (!own) return first(fleet, request, surroundings);
  const understood = understand(fleet, { vmId, wishes: { devices, ...numaOf(fleet, vmId) }, ...tenantOf(fleet, vmId, own) }, surroundings);
  if ('refused' in understood) return refused(understood.refused);
  const taken = new Set(own.held.devices.map(({ requestName }) => requestName));
  const repeated = devices.find(({ name }) => name !== undefined && taken.has(name));
  if (repeated) return conflicting({ code: 'ALREADY_EXISTS', message: `${vmId} holds something for a request of the name ${repeated.name} already` });
  if (taken.size + understood.wish.asks.length > MAX_REQUESTS)
    return refused({
      code: 'INVALID_REQUEST',
      message: 'too much',
      details: [{ field: 'devices', message: `comes to more than ${MAX_REQUESTS} requests with what ${vmId} holds` }],
    });
  return extend(fleet, own, { request, asks: renamed(understood.wish.asks, taken), mover: understood.wish }, surroundings);
};

interface Wanted {
  readonly request: ExtendVm;
  readonly asks: readonly Ask[];
  readonly mover: Parameters<typeof regrant>[2]['mover'];
}

const extend = (fleet: Fleet, own: Hold, { request, asks, mover }: Wanted, surroundings: Surroundings): Decision => {
  const { host, held } = own;
  const staying = held.devices.filter(({ deviceId }) => !held.releasing.has(deviceId));
  const keeps = staying.filter(({ deviceId }) => !host.missing.has(deviceId));
  const found = regrant(fleet, own, { keeps, asks, mover }, surroundings);
  if ('refused' in found) return refused(found.refused);
  const added = found.added.map((chosen): ReservedDevice => ({ ...toReserved(chosen), addedBy: request.operationId }));
  const { reservationId, since, offering, numaNodes, tenant, unsafe, partial, vmId } = held;
  const data: EventData<'DevicesReserved'> = {
    vmId,
    hostId: host.hostId,
    reservationId,
    devices: [...found.kept, ...added],
    requests: [...held.requests, ...request.devices],
    reservedAt: since,
    ...(offering !== undefined && { offering }),
    ...(numaNodes && { numaNodes: [...numaNodes] }),
    ...(tenant !== undefined && { tenant }),
    ...((unsafe || host.description?.unsafeIommuGroups === true) && { unsafe: true }),
    ...((partial || keeps.length < staying.length) && { partial: true }),
  };
  const given = new Set(data.devices.map(({ deviceId }) => deviceId));
  const reserved: DomainEvent = { type: 'DevicesReserved', data };
  return {
    events: [...makeWay(host, vmId, given, 'extended', surroundings.now), reserved, ...rewished(fleet.vm(vmId), held, data)],
    answer: { kind: 'extended', reservation: toGiven(data), added },
  };
};

/** A VM that holds nothing. */
const first = (fleet: Fleet, { vmId, devices, operationId }: ExtendVm, surroundings: Surroundings): Decision => {
  const vm = fleet.vm(vmId);
  if (!vm) return { events: [], answer: { kind: 'missing', refusal: { code: 'VM_NOT_FOUND', message: `there is no VM ${vmId}` } } };
  if (vm.hostId === undefined) return refused({ code: 'VM_NOT_RUNNING', message: `nobody has told where ${vmId} runs` });
  const { tenant } = vm;
  const outcome = reserve(fleet, { vmId, wishes: { devices }, hostId: vm.hostId, ...(tenant !== undefined && { tenant }) }, surroundings);
  if ('refused' in outcome) return refused(outcome.refused);
  const marked = (device: ReservedDevice): ReservedDevice => ({ ...device, addedBy: operationId });
  const events = outcome.events.map((event): DomainEvent =>
    event.type === 'DevicesReserved' ? { ...event, data: { ...event.data, devices: event.data.devices.map(marked) } } : event,
  );
  const added = outcome.given.devices.map(marked);
  return {
    events: [...events, ...rewished(vm, { requests: [] }, { requests: devices })],
    answer: { kind: 'extended', reservation: { ...outcome.given, devices: added }, added },
  };
};

const tenantOf = (fleet: Fleet, vmId: string, { held }: Hold): { readonly tenant?: string } => {
  const tenant = held.tenant ?? fleet.vm(vmId)?.tenant;
  return tenant === undefined ? {} : { tenant };
};

const numaOf = (fleet: Fleet, vmId: string): { readonly numaNodes?: readonly number[] } => {
  const numaNodes = fleet.vm(vmId)?.wishes.numaNodes;
  return numaNodes ? { numaNodes } : {};
};

/** Names that are made, of what is asked for and an index, go on where those of the VM end. */
const renamed = (asks: readonly Ask[], before: ReadonlySet<string>): readonly Ask[] => {
  const taken = new Set(before);
  return asks.map((ask) => {
    let { requestName } = ask;
    for (let index = 0; taken.has(requestName); index += 1) requestName = ask.requestName.replace(/\d+$/, String(index));
    taken.add(requestName);
    return { ...ask, requestName };
  });
};

const extended = ({ host, held }: Hold, added: readonly ReservedDevice[]): Decision => ({
  events: [],
  answer: { kind: 'extended', reservation: toReservation(host.hostId, held), added },
});

const refused = (refusal: Refusal): Decision => ({ events: [], answer: { kind: 'refused', refusal } });
const conflicting = (refusal: Refusal): Decision => ({ events: [], answer: { kind: 'conflict', refusal } });
