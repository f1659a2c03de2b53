import { conflict, type ApiError } from '@vfleet/contracts';
import { isHotplug, type Undertaking } from './domain/undertaking.js';

/** 409: one thing at a time is done with a VM. */
export const busy = (under: Undertaking): ApiError => {
  const { vmId, migrationId } = under;
  return isHotplug(under)
    ? conflict('OPERATION_IN_PROGRESS', `a device is being ${under.wish.verb}ed: ${vmId} has to wait for that`, { operationId: migrationId })
    : conflict('MIGRATION_IN_PROGRESS', `${vmId} is on its way already`, { migrationId });
};
