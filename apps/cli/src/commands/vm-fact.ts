import { invalidRequest, validate, VmStateChanged } from '@vfleet/contracts';
import { toWish, type WishOptions } from '../wish-options.js';

/** What is said of a VM's state beside its wish. */
export interface StateOptions {
  readonly host?: string;
  readonly sequence?: number;
  readonly standby?: boolean;
}

/** A VM's state as its platform would say it, now. @throws ApiError 400 that names each field */
export const vmFact = (vmId: string, state: string, options: StateOptions & WishOptions): VmStateChanged => {
  const { host, sequence, standby } = options;
  const fact = {
    vmId,
    state,
    ...(host !== undefined && { hostId: host }),
    ...(sequence !== undefined && { sequence }),
    occurredAt: new Date().toISOString(),
    ...toWish(options),
    ...(standby !== undefined && { standby }),
  };
  const result = validate(VmStateChanged, fact, 'refuse');
  if (!result.ok) throw invalidRequest(result.faults);
  return result.value;
};
