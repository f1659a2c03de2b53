import type { VfleetClient } from '@vfleet/client';
import { unavailable, type CloudEvent, type Migration, type StartMigration } from '@vfleet/contracts';
import { eventName } from './render/events.js';
import { renderStep, stepOfEvent } from './render/steps.js';
import type { Terminal } from './terminal.js';
import { untilStopped } from './until-stopped.js';

/** Events after which nothing more happens by itself. */
const LAST = new Set([
  'MigrationCompleted',
  'MigrationRolledBack',
  'MigrationFailed',
  'MigrationCancelled',
  'MigrationRejected',
  'MigrationResolved',
]);

/**
 * Has a VM moved, and notes each step as it is taken. Events are read from where the journal stood before, so that none
 * is missed, whatever becomes of the connection.
 * @throws ApiError as `migrations.start` does, 503 when somebody stops the waiting
 */
export const followMove = async (client: VfleetClient, request: StartMigration, terminal: Terminal): Promise<Migration> => {
  const { journalPosition } = await client.request('system.status');
  const { migrationId } = await client.request('migrations.start', request);
  const subject = `vfleet.evt.migration.${migrationId}.${request.vmId}.*`;
  const events = client.events({ subject, fromPosition: journalPosition + 1 });
  if (await noteSteps(untilStopped(terminal.stopped, events), terminal)) return client.request('migrations.get', { migrationId });
  throw unavailable(`nobody waits any more, and the move goes on: see vfleet migrations show ${migrationId}`);
};

/** True when the last step was taken. */
const noteSteps = async (events: AsyncIterable<CloudEvent>, { note, paint }: Terminal): Promise<boolean> => {
  let before: CloudEvent | undefined;
  for await (const event of events) {
    note(renderStep(stepOfEvent(event, before), paint));
    if (LAST.has(eventName(event))) return true;
    before = event;
  }
  return false;
};
