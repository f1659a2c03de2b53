import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { insist } from '@vfleet/testing';
import { publishCarelessly } from '../careless-relay.js';
import type { FaultRow } from '../fault-row.js';
import type { Findings } from '../findings.js';
import { keepMessages, putMessagesBack } from '../nats-data.js';
import { COPY, examine, headOf, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, toOutcome } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 300;
const WATCHER = 'watcher';
const QUIET_MS = 1_500;

const makeWatcher = async ({ nats }: Stage): Promise<void> => {
  const manager = await jetstreamManager(nats);
  await manager.consumers.add(COPY, { durable_name: WATCHER, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All });
};

/** Reads all that a durable consumer of somebody else's gets, until nothing comes for a while. */
const watch = async ({ nats }: Stage, seen: Set<string>): Promise<void> => {
  const consumer = await insist(() => jetstream(nats).consumers.get(COPY, WATCHER));
  for (;;) {
    let count = 0;
    for await (const message of await consumer.fetch({ max_messages: 500, expires: QUIET_MS })) {
      seen.add(message.json<{ id: string }>().id);
      message.ack();
      count += 1;
    }
    if (count === 0) return;
  }
};

const skipped = async (stage: Stage, seen: ReadonlySet<string>): Promise<Findings> => {
  const events = await readEvents(stage.database);
  return {
    lost: events.filter(({ id }) => !seen.has(id)).map(({ position }) => `position ${position} was never delivered to a durable consumer`),
    doubled: [],
    misplaced: [],
  };
};

const rollBackMessages = async (stage: Stage, restoring: () => void): Promise<void> => {
  await stage.bus.stop();
  restoring();
  await stage.bus.restart();
};

/** A durable consumer that has read more than the stream holds after its messages, and they alone, were put back to an older copy. */
const consumerAhead = async (stage: Stage, seen: Set<string>): Promise<void> => {
  await makeFleet(stage);
  await startVms(stage, { vms: VMS });
  await copied(stage);
  await makeWatcher(stage);
  await watch(stage, seen);
  await rollBackMessages(stage, () => keepMessages(stage));
  await startVms(stage, { from: VMS, vms: VMS });
  await copied(stage);
  await watch(stage, seen);
};

export const row: FaultRow = {
  number: 6,
  fault: 'messages of the stream put back to an older copy, its consumers not',
  promise: 'no event is skipped for a durable consumer',
  quick: false,
  run: async (stage) => {
    const seen = new Set<string>();
    await stage.keepRunning('allocator');
    await consumerAhead(stage, seen);
    await rollBackMessages(stage, () => putMessagesBack(stage));
    const acknowledged = await startVms(stage, { from: 2 * VMS, vms: VMS });
    await copied(stage);
    await watch(stage, seen);
    return toOutcome(acknowledged.length, await skipped(stage, seen));
  },
  // The guard is that a sequence is a position: this relay goes on where its own checkpoint is, at sequences that were used before.
  control: async (stage) => {
    const seen = new Set<string>();
    const allocator = await stage.keepRunning('allocator');
    await consumerAhead(stage, seen);
    const published = await headOf(stage.database);
    const acknowledged = await startVms(stage, { from: 2 * VMS, vms: VMS });
    await allocator.stop();
    await rollBackMessages(stage, () => putMessagesBack(stage));
    await publishCarelessly(stage, (await readEvents(stage.database)).slice(published));
    await watch(stage, seen);
    const findings = await skipped(stage, seen);
    return toOutcome(acknowledged.length, findings.lost.length > 0 ? findings : await examine(stage, acknowledged));
  },
};
