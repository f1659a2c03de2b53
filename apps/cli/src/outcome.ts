import { ApiError, type CloudEvent, type EventData, type Reservation, type UnmetRequest } from '@vfleet/contracts';
import { eventName } from './render/events.js';

/** What became of a VM's new state, as its events tell; undefined for an event that decides nothing. */
export type Outcome =
  | { readonly kind: 'reserved'; readonly data: EventData<'DevicesReserved'> }
  | { readonly kind: 'released'; readonly data: EventData<'DevicesReleased'> }
  | { readonly kind: 'releasing'; readonly data: EventData<'ReleasePending'> }
  /** It wants what it holds already, and keeps it. */
  | { readonly kind: 'kept'; readonly reservation: Reservation }
  | { readonly kind: 'refused'; readonly error: ApiError };

/** Which events end the wait: a start ends with a reservation, a stop with a release, either with a refusal. */
export const outcomeOf = (event: CloudEvent, state: 'starting' | 'stopped'): Outcome | undefined => {
  const name = eventName(event);
  if (name === 'ReservationRejected') return { kind: 'refused', error: rejection(event.data as EventData<'ReservationRejected'>) };
  if (name === 'VmStateIgnored') return { kind: 'refused', error: ignored(event.data as EventData<'VmStateIgnored'>) };
  if (name === 'DevicesReserved' && state === 'starting') return { kind: 'reserved', data: event.data as EventData<'DevicesReserved'> };
  if (name === 'DevicesReleased' && state === 'stopped') return { kind: 'released', data: event.data as EventData<'DevicesReleased'> };
  if (name === 'ReleasePending' && state === 'stopped') return { kind: 'releasing', data: event.data as EventData<'ReleasePending'> };
  return undefined;
};

const rejection = ({
  code,
  message,
  unmet,
}: {
  readonly code: string;
  readonly message: string;
  readonly unmet?: readonly UnmetRequest[];
}): ApiError => new ApiError(code === 'INVALID_REQUEST' ? 400 : 422, code, message, { unmet: unmet ?? [] });

const ignored = ({ code, message }: { readonly code: string; readonly message: string }): ApiError => new ApiError(409, code, message);
