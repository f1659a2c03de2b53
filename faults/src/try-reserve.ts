import type { Reservation } from '@vfleet/contracts';
import { ask, Refused, until } from '@vfleet/testing';
import type { Stage } from './stage.js';

/** Asks for a device of a host by its address; undefined where that is refused. */
export const tryReserve = async ({ nats }: Stage, vmId: string, hostId: string, address: string): Promise<Reservation | undefined> => {
  try {
    return await ask<Reservation>(nats, 'reservations.reserve', { vmId, hostId, devices: [{ match: { address } }] });
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
};

/** Asks until it is given: on a busy machine a host's agent may be silent for so long that its host counts as stale. */
export const reserve = (stage: Stage, vmId: string, hostId: string, address: string): Promise<Reservation> =>
  until(`${vmId} to be given ${address} of ${hostId}`, () => tryReserve(stage, vmId, hostId, address));
