import type { FactOf } from '@vfleet/contracts';
import type { Fleet } from './decision.js';
import type { Host } from './host.js';
import { holdsSomething, sameWish } from './reservation.js';
import { NO_WISHES, isRunning, type Vm, type Wishes } from './vm.js';

/** What a VM wants, as far as its new state says it. */
export interface Understood {
  readonly wishes: Wishes;
  /** The wishes are for the next start: the VM runs with something else. */
  readonly noted: boolean;
}

/**
 * What the VM wants now. A platform that says nothing about devices does not take a wish back while a run lasts; a
 * new run without a word about devices wants what was noted for it during the last one, or reserved beforehand, or none. What was reserved for a
 * VM that started without a wish is its wish from then on.
 */
export const wishesOf = (vm: Vm | undefined, report: FactOf<'VmStateChanged'>['data'], fleet: Fleet): Understood => {
  const { vmId, state, devices, offering, numaNodes } = report;
  const holding = heldBy(fleet, vmId).flatMap((host) => host.reservations.get(vmId) ?? []);
  if (devices !== undefined || offering !== undefined) {
    const wishes = { devices: devices ?? [], ...(offering !== undefined && { offering }), ...(numaNodes && { numaNodes }) };
    const served = !holding.some(holdsSomething) || holding.some((held) => sameWish(held, wishes));
    return { wishes, noted: state !== 'starting' && !served };
  }
  const known = { wishes: vm?.wishes ?? NO_WISHES, noted: vm?.noted === true };
  if (state !== 'starting') return known;
  const near = numaNodes && { numaNodes };
  if (known.noted || (isRunning(vm) && asksForSomething(known.wishes))) return { wishes: { ...known.wishes, ...near }, noted: false };
  const reserved = holding.find(holdsSomething);
  if (!reserved) return { wishes: NO_WISHES, noted: false };
  const { requests, offering: reservedOffering, numaNodes: reservedNear } = reserved;
  const wishes = {
    devices: requests,
    ...(reservedOffering !== undefined && { offering: reservedOffering }),
    ...(reservedNear && { numaNodes: reservedNear }),
    ...near,
  };
  return { wishes, noted: false };
};

const asksForSomething = ({ devices, offering }: Wishes): boolean => devices.length > 0 || offering !== undefined;

/** Hosts on which a VM holds something, what is on its way back included. */
export const heldBy = (fleet: Fleet, vmId: string): readonly Host[] => fleet.hostsOf(vmId).flatMap((hostId) => fleet.host(hostId) ?? []);
