import type { MigrationStep } from '@vfleet/contracts';
import type { MigrationEvent } from './known-event.js';

/** What the events of a migration say of one step, as far as each says it. */
interface Told {
  readonly hostId?: string;
  readonly runsOn?: string | null;
  readonly sourceHostId?: string;
  readonly targetHostId?: string;
  readonly deviceId?: string;
  readonly previousDeviceId?: string;
  readonly code?: string;
  readonly message?: string;
}

/** The event as a step: where it happened, to which device, and how long after the step before. */
export const stepOf = ({ type, data, recordedAt }: MigrationEvent, before: MigrationStep | undefined): MigrationStep => {
  const { hostId, runsOn, sourceHostId, targetHostId, deviceId, previousDeviceId, code, message } = data as Told;
  const where = hostId ?? runsOn ?? targetHostId ?? sourceHostId;
  const device = deviceId ?? previousDeviceId;
  return {
    step: type,
    at: recordedAt,
    // The database's clock may be set back.
    sinceMs: before ? Math.max(0, Date.parse(recordedAt) - Date.parse(before.at)) : 0,
    ...(where && { hostId: where }),
    ...(device !== undefined && { deviceId: device }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
  };
};
