import { setImmediate } from 'node:timers/promises';
import type { FleetMemory } from './fleet-memory.js';

/** Hosts that are looked at before others have their turn: some ten milliseconds. */
const HOSTS = 50;

/**
 * After a start every host has to be looked at once; who asks first should not have to wait for all of them. What changes
 * meanwhile is left to those who ask.
 */
export const lookAhead = async (memory: FleetMemory): Promise<void> => {
  const known = [...memory.hostIds()].length;
  for (let looked = 0; looked < known && memory.lookAhead(HOSTS); looked += HOSTS) await setImmediate();
};
