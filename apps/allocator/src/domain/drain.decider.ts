import type { VmsOnHost } from '@vfleet/contracts';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { planDrain, vmsOn } from './drain-plan.js';

/** A host takes no new VM from now on, and the VMs that it has are told; with `drain: false` they are told only. */
export const decideDrain = (fleet: Fleet, { hostId, drain = true }: VmsOnHost): Decision => {
  const host = fleet.host(hostId);
  if (!host) return unknown(hostId);
  const draining = host.draining === true || drain;
  return {
    events: draining && !host.draining ? [{ type: 'HostDraining', data: { hostId } }] : [],
    answer: { kind: 'vms', vmIds: vmsOn(host), draining },
  };
};

/** Plans for all VMs of a host. Records nothing. */
export const decidePlanDrain = (fleet: Fleet, hostId: string, surroundings: Surroundings): Decision => {
  const host = fleet.host(hostId);
  return host ? { events: [], answer: { kind: 'plans', plans: planDrain(fleet, host, surroundings) } } : unknown(hostId);
};

/** A host takes new VMs again. */
export const decideUndrain = (fleet: Fleet, hostId: string): Decision => {
  const host = fleet.host(hostId);
  if (!host) return unknown(hostId);
  return { events: host.draining ? [{ type: 'HostUndrained', data: { hostId } }] : [], answer: { kind: 'nothing' } };
};

const unknown = (hostId: string): Decision => ({
  events: [],
  answer: { kind: 'missing', refusal: { code: 'HOST_NOT_FOUND', message: `there is no host ${hostId}` } },
});
