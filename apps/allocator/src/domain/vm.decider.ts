import type { DomainEvent, FactOf, VmReportOutcome } from '@vfleet/contracts';
import type { Decision, Fleet, Refusal, Surroundings } from './decision.js';
import { equal } from './equal.js';
import type { Host } from './host.js';
import { letGo } from './release.js';
import { reserve, toReservation, type Outcome } from './reserve.js';
import { NO_WISHES, hasEnded, isOlder, isRunning, wishesNothing, type Newest, type Vm, type Wishes } from './vm.js';

type Report = FactOf<'VmStateChanged'>['data'];

/** What a VM's new state comes to: devices reserved, given back, or nothing but the state itself. */
export const decideVmState = (fleet: Fleet, report: Report, surroundings: Surroundings): Decision => {
  const vm = fleet.vm(report.vmId);
  const newest: Newest = { occurredAt: report.occurredAt ?? surroundings.now, ...(report.sequence !== undefined && { sequence: report.sequence }) };
  if (vm && isOlder(newest, vm.newest)) return stale(vm, report);

  const wishes = wishesOf(vm, report, fleet);
  const recorded = record(fleet, vm, report, newest, wishes);
  const act = hasEnded(report.state) ? giveBack(fleet, report, surroundings) : take(fleet, report, wishes, surroundings);
  return { ...recorded, events: [...recorded.events, ...act.events], answer: act.answer };
};

const stale = (vm: Vm, { vmId, state, hostId, sequence, occurredAt, devices, offering }: Report): Decision => {
  const message = `${state} is older than ${vm.state}, which was seen already`;
  const concerns = vm.asked || devices !== undefined || offering !== undefined;
  const data = {
    vmId,
    state,
    code: 'STALE',
    message,
    ...(hostId && { hostId }),
    ...(sequence !== undefined && { sequence }),
    ...(occurredAt && { occurredAt }),
  };
  return {
    events: concerns ? [{ type: 'VmStateIgnored', data }] : [],
    answer: { kind: 'report', outcome: { outcome: 'ignored', code: 'STALE', message } },
  };
};

/**
 * What the VM wants now. A platform that says nothing about devices does not take a wish back while a run lasts; a
 * new run without a word about devices wants none, unless they were reserved for it beforehand.
 */
const wishesOf = (vm: Vm | undefined, { vmId, state, devices, offering, numaNodes }: Report, fleet: Fleet): Wishes => {
  if (devices !== undefined || offering !== undefined)
    return { devices: devices ?? [], ...(offering !== undefined && { offering }), ...(numaNodes && { numaNodes }) };
  const newRun = state === 'starting' && !isRunning(vm);
  if (!newRun) return vm?.wishes ?? NO_WISHES;
  const held = fleet.hostsOf(vmId).map((hostId) => fleet.host(hostId)?.reservations.get(vmId));
  return { devices: held.find((one) => one && one.releasing.size === 0)?.requests ?? [] };
};

/** The state itself: an event for a VM that has to do with devices, else only a mark, so that its order is still known. */
const record = (fleet: Fleet, vm: Vm | undefined, report: Report, newest: Newest, wishes: Wishes): Pick<Decision, 'events' | 'marks'> => {
  const { vmId, state, hostId, tenant, standby } = report;
  const concerns = vm?.asked === true || !wishesNothing(wishes) || fleet.hostsOf(vmId).length > 0;
  if (!concerns) return { events: [], marks: [{ key: `vm:${vmId}`, value: { state, ...newest, ...(hostId && { hostId }) }, lasting: true }] };
  const unchanged = vm?.asked && vm.state === state && vm.hostId === hostId && equal(vm.newest, newest) && equal(vm.wishes, wishes);
  if (unchanged) return { events: [] };
  const { devices, offering, numaNodes } = wishes;
  const event: DomainEvent = {
    type: 'VmStateRecorded',
    data: {
      vmId,
      state,
      ...newest,
      devices,
      ...(offering !== undefined && { offering }),
      ...(numaNodes && { numaNodes: [...numaNodes] }),
      ...(hostId && { hostId }),
      ...(tenant && { tenant }),
      ...(standby !== undefined && { standby }),
    },
  };
  return { events: [event] };
};

type Act = Pick<Decision, 'events' | 'answer'>;

const giveBack = (fleet: Fleet, { vmId, state }: Report, { now }: Surroundings): Act => {
  const events = heldBy(fleet, vmId).flatMap((host) => letGo(host, vmId, state, now));
  const count = events.reduce(
    (sum, event) => sum + (event.type === 'DevicesReleased' || event.type === 'ReleasePending' ? event.data.devices.length : 0),
    0,
  );
  return { events, answer: says(count > 0 ? { outcome: 'released', released: count } : { outcome: 'recorded' }) };
};

const take = (fleet: Fleet, report: Report, wishes: Wishes, surroundings: Surroundings): Act => {
  const { vmId, state, hostId } = report;
  const holding = heldBy(fleet, vmId).filter((host) => holds(host, vmId));
  if (state !== 'starting' && (state !== 'running' || holding.length > 0 || wishesNothing(wishes))) return keep(holding, vmId);

  // A cold move: whatever becomes of it on the new host, the VM does not run on the old one any more.
  const elsewhere = hostId === undefined || state !== 'starting' ? [] : holding.filter((host) => host.hostId !== hostId);
  const left = elsewhere.flatMap((host) => letGo(host, vmId, 'cold-move', surroundings.now));
  if (wishesNothing(wishes)) {
    const dropped = holding.filter((host) => !elsewhere.includes(host)).flatMap((host) => letGo(host, vmId, 'changed-wish', surroundings.now));
    return { events: [...left, ...dropped], answer: says({ outcome: 'recorded' }) };
  }
  const outcome = reserve(fleet, { vmId, wishes, ...(hostId && { hostId }) }, surroundings);
  if ('given' in outcome) return { events: [...left, ...outcome.events], answer: says({ outcome: 'reserved', reservation: outcome.given }) };
  return { events: [...left, rejected(vmId, outcome)], answer: { kind: 'refused', refusal: outcome.refused } };
};

/** Nothing to do: what the VM holds is what it is told. */
const keep = (holding: readonly Host[], vmId: string): Act => {
  const host = holding.at(-1);
  const held = host?.reservations.get(vmId);
  return {
    events: [],
    answer: says(host && held ? { outcome: 'reserved', reservation: toReservation(host.hostId, held) } : { outcome: 'recorded' }),
  };
};

const says = (outcome: VmReportOutcome): Decision['answer'] => ({ kind: 'report', outcome });

const heldBy = (fleet: Fleet, vmId: string): readonly Host[] => fleet.hostsOf(vmId).flatMap((hostId) => fleet.host(hostId) ?? []);
const holds = (host: Host, vmId: string): boolean =>
  host.reservations.get(vmId)?.devices.some(({ deviceId }) => !host.reservations.get(vmId)?.releasing.has(deviceId)) === true;

/** What is published of a refusal. */
export const rejected = (vmId: string, { refused, hostId }: Extract<Outcome, { refused: Refusal }>): DomainEvent => ({
  type: 'ReservationRejected',
  data: { vmId, ...(hostId && { hostId }), code: refused.code, message: refused.message, unmet: [...(refused.unmet ?? [])] },
});
