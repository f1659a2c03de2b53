import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import { unavailable, type ProjectionStatus, type SystemStatus } from '@vfleet/contracts';
import { progressOf } from '../progress.js';
import { listView, type View } from '../render/format.js';
import { PROJECTIONS } from '../render/status.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

/** What makes tables of the journal, and how far it has come. */
export const addProjections = (program: Command, terminal: Terminal): void => {
  const projections = program.command('projections').description('what is made of the journal to be read, and how far it has come');
  const ls = addVerb(projections, {
    name: 'ls',
    tells: 'list projections, those that are being rebuilt too',
    asks: ['system.status'],
    examples: ['vfleet projections ls'],
  });
  shows(ls, terminal, {
    see: async (client) => viewOf((await statusOf(client)).projections),
    wakes: () => ({ subjects: [], everySeconds: 2 }),
  });
  const wait = addVerb(projections, {
    name: 'wait',
    tells: 'wait until every projection, a rebuild too, has everything that has happened by now; shows how far they are',
    asks: ['system.status'],
    examples: ['vfleet projections wait'],
  });
  shows(wait, terminal, { see: async (client) => viewOf(await untilThere(client, terminal)) });
};

const viewOf = (projections: readonly ProjectionStatus[]): View => listView(PROJECTIONS, projections, 'Nothing is projected.');

const LOOK_MS = 250;

const statusOf = async (
  client: VfleetClient,
): Promise<Pick<SystemStatus, 'journalPosition'> & { readonly projections: readonly ProjectionStatus[] }> => {
  const { journalPosition, checks } = await client.request('system.status', { checks: true });
  return { journalPosition, projections: checks?.projections ?? [] };
};

/** @throws ApiError 503 when somebody stops the waiting */
const untilThere = async (client: VfleetClient, terminal: Terminal): Promise<readonly ProjectionStatus[]> => {
  const { journalPosition } = await statusOf(client);
  const progress = progressOf(terminal, 'events', journalPosition);
  try {
    while (!terminal.stopped.aborted) {
      const { projections } = await statusOf(client);
      const slowest = Math.min(journalPosition, ...projections.map(({ position }) => position));
      progress.reached(slowest);
      if (slowest >= journalPosition && !projections.some(({ rebuilding }) => rebuilding)) return projections;
      await delay(LOOK_MS, undefined, { signal: terminal.stopped }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
  throw unavailable('nobody waits any more; the projections go on');
};
