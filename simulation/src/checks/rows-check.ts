import { isDeepStrictEqual } from 'node:util';
import { projectedAnew } from '../actors/inventory.js';
import type { StoredEvent } from '../store/tables.js';
import type { Complain } from './log-check.js';

/** I8: the rows are what a projection that begins anew makes of the same events. */
export const compareRows = async (rows: ReadonlyMap<string, unknown>, events: readonly StoredEvent[], complain: Complain): Promise<void> => {
  const anew = await projectedAnew(events);
  const kept = new Map([...rows].filter(([, row]) => row !== undefined));
  for (const key of new Set([...anew.keys(), ...kept.keys()]))
    if (!isDeepStrictEqual(anew.get(key), kept.get(key)))
      complain('I8', `row ${key} is not what the log comes to: ${JSON.stringify(kept.get(key))} ${JSON.stringify(anew.get(key))}`);
};
