import type { VfleetClient } from '@vfleet/client';
import { unavailable, type CloudEvent, type Migration, type StartMigration } from '@vfleet/contracts';
import { liveLine } from './live-line.js';
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

/** What a move waits for after a step; a step that is not here is followed by the next at once. */
const WAITS: Readonly<Record<string, string>> = {
  MigrationRequested: 'reserving on the target',
  TargetReserved: 'beginning to unplug',
  HostdevUnplugRequested: 'the guest to let go',
  HostdevUnplugged: 'the platform',
  VmMigrationReady: 'the platform to move the VM',
  VmMigrated: 'beginning to plug',
  HostdevPlugRequested: 'the guest to take it',
  HostdevPlugged: 'the source to be released',
  MigrationRollingBack: 'what was done to be undone',
};

/** True when the last step was taken. */
const noteSteps = async (events: AsyncIterable<CloudEvent>, terminal: Terminal): Promise<boolean> => {
  const line = liveLine(terminal);
  let before: CloudEvent | undefined;
  try {
    for await (const event of events) {
      line.tell(renderStep(stepOfEvent(event, before), terminal.paint));
      const name = eventName(event);
      if (LAST.has(name)) return true;
      line.waitFor(`waiting for ${WAITS[name] ?? 'the next step'}`);
      before = event;
    }
    return false;
  } finally {
    line.end();
  }
};
