import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSystem } from './running-system.js';

/** So long a move takes, for an operator to see that it goes on. */
const MOVE_MS = 300;

interface Ready {
  readonly data: { readonly vmId: string; readonly targetHostId: string };
}

/** Moves VMs when they are ready for it, as a virtualisation platform does; nothing else of one. */
export const playPlatform = ({ nats, tellVm }: RunningSystem): void => {
  const ready = nats.subscribe('vfleet.evt.migration.*.*.VmMigrationReady');
  void (async () => {
    for await (const message of ready) {
      const { vmId, targetHostId } = message.json<Ready>().data;
      await delay(MOVE_MS);
      // A spec may end while a move that it began goes on.
      if (nats.isClosed()) return;
      tellVm(vmId, { state: 'running', hostId: targetHostId, occurredAt: new Date().toISOString() });
    }
  })();
};
