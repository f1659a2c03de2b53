import type { InspectVm } from '@vfleet/contracts';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { longest } from './move-plan.js';
import { movingDevices } from './moving-device.js';
import { ownHold, type Hold } from './moves.js';
import { toReservation } from './reservation.js';
import { decideShrink } from './shrink.decider.js';

/** Whether a VM runs, what it holds, and what it would give back if it were told to. Records nothing. */
export const inspect = (fleet: Fleet, request: InspectVm, surroundings: Surroundings): Decision => {
  const { vmId, requestName, deviceId } = request;
  const vm = fleet.vm(vmId);
  const own = ownHold(fleet, vmId);
  if (!vm && !own) return missing('VM_NOT_FOUND', `there is no VM ${vmId}`);
  const running = vm?.state === 'running' || vm?.state === 'paused';
  const seen = { running, ...(vm && { state: vm.state }), ...(vm?.hostId !== undefined && { hostId: vm.hostId }) };
  const reservation = own ? toReservation(own.host.hostId, own.held) : null;
  if (requestName === undefined && deviceId === undefined)
    return {
      events: [],
      answer: { kind: 'inspected', inspected: { ...seen, reservation, removed: [], deadlines: deadlines(fleet, own, surroundings) } },
    };
  const { events, answer } = decideShrink(fleet, request, surroundings);
  if (answer.kind !== 'shrunk') return { events: [], answer };
  if (events.length === 0 && requestName !== undefined) return missing('REQUEST_NOT_FOUND', `${vmId} holds nothing for a request ${requestName}`);
  if (events.length === 0) return missing('DEVICE_NOT_FOUND', `${vmId} holds no device ${deviceId}`);
  const removed = answer.removed.filter((device) => !own?.host.missing.has(device.deviceId));
  const meant = new Set(removed.map((device) => device.deviceId));
  return {
    events: [],
    answer: { kind: 'inspected', inspected: { ...seen, reservation, removed, deadlines: deadlines(fleet, own, surroundings, meant) } },
  };
};

/** Of the devices that are meant, or of all that the VM holds. */
const deadlines = (fleet: Fleet, own: Hold | undefined, surroundings: Surroundings, meant?: ReadonlySet<string>) =>
  longest((own ? movingDevices(fleet, own, surroundings) : []).filter(({ device }) => meant?.has(device.deviceId) ?? true));

const missing = (code: string, message: string): Decision => ({ events: [], answer: { kind: 'missing', refusal: { code, message } } });
