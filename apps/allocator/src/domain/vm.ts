import type { DomainEvent, EventData, VmState } from '@vfleet/contracts';
import { equal } from './equal.js';

/** When a VM's state was seen: by its platform's sequence, or by time where it has none. */
export interface Newest {
  readonly sequence?: number;
  /** RFC 3339. */
  readonly occurredAt: string;
}

/** What a VM wants. */
export interface Wishes {
  readonly devices: EventData<'VmStateRecorded'>['devices'];
  readonly offering?: string;
  readonly numaNodes?: readonly number[];
}

/** The newest state seen of a VM, and its wishes. What it holds stands with the hosts. */
export interface Vm {
  readonly vmId: string;
  readonly state: VmState;
  readonly hostId?: string;
  readonly newest: Newest;
  readonly wishes: Wishes;
  /** The wishes came while the VM had something else: they are served at its next start. */
  readonly noted?: boolean;
  readonly tenant?: string;
  readonly standby?: boolean;
  /** It has asked for devices before, so that its states are worth an event. */
  readonly asked: boolean;
}

export type VmEvent = DomainEvent<'VmStateRecorded' | 'VmStateIgnored' | 'ReservationRejected'>;

export const NO_WISHES: Wishes = { devices: [] };

export const wishesNothing = ({ devices, offering }: Wishes): boolean => devices.length === 0 && offering === undefined;

/** States in which a VM has, or is about to have, its devices. */
const RUN: ReadonlySet<VmState> = new Set(['starting', 'running', 'paused', 'migrating', 'stopping', 'unknown']);
/** States with which a run is over, and its devices are given back. */
const ENDED: ReadonlySet<VmState> = new Set(['stopped', 'destroyed', 'error', 'crashed']);

export const isRunning = (vm: Vm | undefined): boolean => vm !== undefined && RUN.has(vm.state);
export const hasEnded = (state: VmState): boolean => ENDED.has(state);

/** True when the one was seen before the other. Equal ones are not older: the later arrival wins. */
export const isOlder = (one: Newest, other: Newest): boolean =>
  one.sequence !== undefined && other.sequence !== undefined
    ? one.sequence < other.sequence
    : Date.parse(one.occurredAt) < Date.parse(other.occurredAt);

export const evolveVm = (vm: Vm | undefined, { type, data }: VmEvent): Vm | undefined => {
  if (type !== 'VmStateRecorded') return vm;
  const { vmId, state, hostId, sequence, occurredAt, devices, offering, numaNodes, tenant, standby, noted } = data;
  return {
    vmId,
    state,
    newest: { occurredAt, ...(sequence !== undefined && { sequence }) },
    wishes: { devices, ...(offering !== undefined && { offering }), ...(numaNodes && { numaNodes }) },
    asked: true,
    ...(hostId !== undefined && { hostId }),
    ...(tenant !== undefined && { tenant }),
    ...(standby !== undefined && { standby }),
    ...(noted && { noted }),
  };
};

/** What is kept of a VM that never asked for anything: no event, only the newest thing seen of it. */
export interface VmMark {
  readonly state: VmState;
  readonly hostId?: string;
  readonly sequence?: number;
  readonly occurredAt: string;
  readonly tenant?: string;
}

export const markVm = (vm: Vm | undefined, vmId: string, { state, hostId, sequence, occurredAt, tenant = vm?.tenant }: VmMark): Vm => {
  const newest = { occurredAt, ...(sequence !== undefined && { sequence }) };
  if (vm && isOlder(newest, vm.newest)) return vm;
  const { wishes = NO_WISHES, asked = false } = vm ?? {};
  return { vmId, state, newest, wishes, asked, ...(hostId !== undefined && { hostId }), ...(tenant !== undefined && { tenant }) };
};

/** What a reservation serves. */
type Served = Pick<EventData<'DevicesReserved'>, 'requests' | 'offering'>;

/**
 * A VM's wishes follow what is added to its reservation, or taken from it, so that its next state does not take that back.
 * Wishes that are noted for the next start stay.
 */
export const rewished = (vm: Vm | undefined, before: Served, { requests, offering }: Served): readonly DomainEvent[] => {
  if (!vm || vm.noted || vm.wishes.offering !== before.offering || !equal(vm.wishes.devices, before.requests)) return [];
  const { vmId, state, hostId, newest, tenant, standby, wishes } = vm;
  const data: EventData<'VmStateRecorded'> = {
    vmId,
    state,
    ...newest,
    devices: requests,
    ...(offering !== undefined && { offering }),
    ...(wishes.numaNodes && { numaNodes: [...wishes.numaNodes] }),
    ...(hostId !== undefined && { hostId }),
    ...(tenant !== undefined && { tenant }),
    ...(standby !== undefined && { standby }),
  };
  return [{ type: 'VmStateRecorded', data }];
};
