import { unavailable } from '@vfleet/contracts';
import { isRefusal } from './carry-out-move.js';
import { DEVICE_HELD, NOT_HELD } from './domain/saga.js';
import { seesTo } from './domain/sees-to.js';
import type { SagaCommand } from './domain/saga.js';
import type { Undertaking } from './domain/undertaking.js';
import type { Allocator } from './outbound/allocator.js';

export interface LateParties {
  readonly allocator: Allocator;
  /** What is under way with a VM. */
  readonly activeOf: (vmId: string) => Undertaking | undefined;
}

/**
 * Why an order of something that has ended is not given any more; undefined when it is. What is held belongs into the VM,
 * and nothing else does; what something newer sees to is left to that.
 * @throws ApiError 503 while that is not known
 */
export const whyNotLate = async (
  { allocator, activeOf }: LateParties,
  { migrationId, vmId }: Undertaking,
  { verb, hostId, deviceId }: Pick<SagaCommand, 'verb' | 'hostId' | 'deviceId'>,
): Promise<{ readonly code: string; readonly message: string } | undefined> => {
  const code = verb === 'attach' ? NOT_HELD : DEVICE_HELD;
  const active = activeOf(vmId);
  const seen = seesTo(active?.migrationId === migrationId ? undefined : active, deviceId);
  if (seen === undefined) throw unavailable(`${vmId} may be about to move, or to be given devices`);
  if (seen) return { code, message: `operation ${active?.migrationId} sees to it` };
  const { reservation, running } = await allocator.ask('vms.inspect', { vmId }).catch((error: unknown) => {
    if (isRefusal(error)) return { reservation: null, running: false };
    throw error;
  });
  const holds = reservation?.hostId === hostId && reservation.state === 'held' && reservation.devices.some((device) => device.deviceId === deviceId);
  if (verb === 'attach') return holds && running ? undefined : { code, message: `${vmId} does not run with it any more` };
  return holds ? { code, message: `${vmId} holds it` } : undefined;
};
