import type { DomainEvent, EventData, FactOf, ReservedDevice, VmReportOutcome } from '@vfleet/contracts';
import type { Decision, Fleet, Refusal, Surroundings } from './decision.js';
import { equal } from './equal.js';
import type { Host } from './host.js';
import { ownHold, type Hold } from './moves.js';
import { letGo } from './release.js';
import { holdsSomething, toReservation } from './reservation.js';
import { reserve, type Outcome } from './reserve.js';
import { evolveVm, hasEnded, isOlder, isRunning, wishesNothing, type Newest, type Vm } from './vm.js';
import { heldBy, wishesOf, type Understood } from './wishes.js';

type Report = FactOf<'VmStateChanged'>['data'];

/** What a VM's new state comes to: devices reserved, given back, or nothing but the state itself. */
export const decideVmState = (fleet: Fleet, report: Report, surroundings: Surroundings): Decision => {
  const vm = fleet.vm(report.vmId);
  const newest = newestOf(report, vm, surroundings.now);
  if (vm && isOlder(newest, vm.newest)) return stale(vm, report);

  const told: Told = { report, vm, newest, ...wishesOf(vm, report, fleet), tenant: report.tenant ?? vm?.tenant };
  const recorded = record(fleet, told);
  const act = hasEnded(report.state) ? giveBack(fleet, report, surroundings) : take(fleet, told, surroundings);
  return { ...recorded, events: [...recorded.events, ...act.events], answer: act.answer };
};

/** By when a state counts. One that says nothing of it is later than all that came before, also where the clock has been set back. */
const newestOf = ({ sequence, occurredAt }: Report, vm: Vm | undefined, now: string): Newest => {
  if (sequence !== undefined) return { sequence, occurredAt: occurredAt ?? now };
  return { occurredAt: occurredAt ?? laterOf(now, vm?.newest.occurredAt) };
};

const laterOf = (now: string, before: string | undefined): string => (before !== undefined && Date.parse(before) > Date.parse(now) ? before : now);

/** A VM's new state beside what was known of it. */
interface Told extends Understood {
  readonly report: Report;
  readonly vm: Vm | undefined;
  readonly newest: Newest;
  readonly tenant: string | undefined;
}

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

/** The state itself: an event for a VM that has to do with devices, else only a mark, so that its order is still known. */
const record = (fleet: Fleet, { report, vm, newest, wishes, noted, tenant }: Told): Pick<Decision, 'events' | 'marks'> => {
  const { vmId, state, hostId, standby } = report;
  const concerns = vm?.asked === true || !wishesNothing(wishes) || fleet.hostsOf(vmId).length > 0;
  const named = { ...(hostId && { hostId }), ...(tenant !== undefined && { tenant }) };
  if (!concerns) return { events: [], marks: [{ key: `vm:${vmId}`, value: { state, ...newest, ...named }, lasting: true }] };
  const data: EventData<'VmStateRecorded'> = {
    vmId,
    state,
    ...newest,
    devices: wishes.devices,
    ...(wishes.offering !== undefined && { offering: wishes.offering }),
    ...(wishes.numaNodes && { numaNodes: [...wishes.numaNodes] }),
    ...named,
    ...((standby ?? vm?.standby) !== undefined && { standby: standby ?? vm?.standby === true }),
    ...(noted && { noted }),
  };
  const unchanged = vm?.asked && equal(vm, evolveVm(vm, { type: 'VmStateRecorded', data }));
  return { events: unchanged ? [] : [{ type: 'VmStateRecorded', data }] };
};

type Act = Pick<Decision, 'events' | 'answer'>;

/** What was asked to be kept over stop and start stays with the VM until it is destroyed. */
const giveBack = (fleet: Fleet, { vmId, state }: Report, { now }: Surroundings): Act => {
  const keeps = state === 'destroyed' ? undefined : (device: ReservedDevice): boolean => device.keepOnStop === true;
  const events = heldBy(fleet, vmId).flatMap((host) => letGo(host, vmId, state, now, keeps));
  const count = countReleased(events);
  return { events, answer: says(count > 0 ? { outcome: 'released', released: count } : { outcome: 'recorded' }) };
};

/** Devices that are free, or on their way back. */
export const countReleased = (events: readonly DomainEvent[]): number =>
  events.reduce((sum, event) => sum + (event.type === 'DevicesReleased' || event.type === 'ReleasePending' ? event.data.devices.length : 0), 0);

const take = (fleet: Fleet, { report, vm, wishes, tenant }: Told, surroundings: Surroundings): Act => {
  const { vmId, state } = report;
  const starting = state === 'starting';
  const hostId = report.hostId ?? (starting ? undefined : vm?.hostId);
  const holding = heldBy(fleet, vmId).filter((host) => holds(host, vmId));
  if (!starting && (state !== 'running' || holding.length > 0 || wishesNothing(wishes))) return keep(ownHold(fleet, vmId));

  // A cold move: whatever becomes of it on the new host, the VM does not run on the old one any more.
  const leave = (newHost: string | undefined): readonly DomainEvent[] =>
    heldBy(fleet, vmId)
      .filter((host) => host.hostId !== newHost)
      .flatMap((host) => letGo(host, vmId, 'cold-move', surroundings.now));
  if (wishesNothing(wishes)) {
    const here = holding
      .filter((host) => host.hostId === (hostId ?? host.hostId))
      .flatMap((host) => letGo(host, vmId, 'changed-wish', surroundings.now));
    return { events: [...(hostId === undefined ? [] : leave(hostId)), ...here], answer: says({ outcome: 'recorded' }) };
  }
  const anew = starting && !isRunning(vm);
  const wanted = { vmId, wishes, anew, ...(hostId && { hostId }), ...(tenant !== undefined && { tenant }) };
  const outcome = reserve(fleet, wanted, surroundings);
  if ('given' in outcome) {
    const { hostId: given } = outcome.given;
    return { events: [...leave(given), ...outcome.events], answer: says({ outcome: 'reserved', reservation: outcome.given }) };
  }
  const left = hostId === undefined ? [] : leave(hostId);
  return { events: [...left, rejected(vmId, outcome)], answer: { kind: 'refused', refusal: outcome.refused } };
};

/** Nothing to do: what the VM holds is what it is told. */
const keep = (own: Hold | undefined): Act => ({
  events: [],
  answer: says(own ? { outcome: 'reserved', reservation: toReservation(own.host.hostId, own.held) } : { outcome: 'recorded' }),
});

const says = (outcome: VmReportOutcome): Decision['answer'] => ({ kind: 'report', outcome });

const holds = (host: Host, vmId: string): boolean => {
  const held = host.reservations.get(vmId);
  return held !== undefined && holdsSomething(held);
};

/** What is published of a refusal. */
export const rejected = (vmId: string, { refused, hostId }: Extract<Outcome, { refused: Refusal }>): DomainEvent => ({
  type: 'ReservationRejected',
  data: { vmId, ...(hostId && { hostId }), code: refused.code, message: refused.message, unmet: [...(refused.unmet ?? [])] },
});
