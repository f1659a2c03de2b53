import { setImmediate } from 'node:timers/promises';
import type { FleetMemory } from './fleet-memory.js';

/** Hosts that are looked at before others have their turn: some ten milliseconds. */
const HOSTS = 50;

/** After a start every host has to be looked at once; who asks first should not have to wait for all of them. */
export const lookAhead = async (memory: FleetMemory): Promise<void> => {
  while (memory.lookAhead(HOSTS)) await setImmediate();
};
