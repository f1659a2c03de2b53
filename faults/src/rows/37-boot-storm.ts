import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { hostFactSubject } from '@vfleet/contracts';
import { aDevice, each, insist } from '@vfleet/testing';
import type { FaultRow, Outcome } from '../fault-row.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, decided, toOutcome } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 900;
const FACTS = 6_000;
const WILD = 'wild';
const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
/** Of the flood, what may be decided before the last VM: its share at once, and what its share over time came to. */
const MOST_BEFORE = 0.5;
/** So little that a slow machine has the same result. */
const SHARES = { VFLEET_ALLOCATOR_HOST_FACTS_BURST: '500', VFLEET_ALLOCATOR_HOST_FACTS_PER_SECOND: '20' };
/** The guard taken out: as much as the setting admits. */
const NO_SHARES = { VFLEET_ALLOCATOR_HOST_FACTS_BURST: '1000000000' };

/** One host tells over and over that a device of its has changed: each time an event. */
const flood = ({ nats }: Stage): Promise<void> => {
  const device = aDevice(WILD, '0000:10:00.0', { name: '10GE', iommuGroup: 1 });
  return each(FACTS, async (n) => {
    const driver = n % 2 === 0 ? 'vfio-pci' : 'igbvf';
    const told = { hostId: WILD, epoch: EPOCH, sequence: n + 1, observedAt: new Date().toISOString(), deviceId: device.deviceId };
    await insist(() => jetstream(nats).publish(hostFactSubject(WILD, 'DeviceChanged'), JSON.stringify({ ...told, device: { ...device, driver } })));
  });
};

interface Flood {
  /** Decided. */
  readonly decided: number;
  /** Of these, before the last reservation: how many the VMs had to wait for. */
  readonly before: number;
  /** In the stream, for when it is the host's turn. */
  readonly waiting: number;
}

const becameOf = async ({ database, nats }: Stage): Promise<Flood> => {
  const { rows } = await database.query<{ decided: string; before: string }>(
    `select count(*) as decided,
       count(*) filter (where position < (select max(position) from journal.events where type = 'DevicesReserved')) as before
     from journal.events where stream = $1`,
    [`host-${WILD}`],
  );
  let waiting = 0;
  for await (const { name, num_pending, num_ack_pending } of (await jetstreamManager(nats)).consumers.list('VFLEET_IN'))
    if (name === `allocator-lane-${WILD}`) waiting += num_pending + num_ack_pending;
  return { decided: Number(rows[0]?.decided), before: Number(rows[0]?.before), waiting };
};

const underStorm = async (stage: Stage, shares: NodeJS.ProcessEnv): Promise<Outcome> => {
  const allocator = await stage.keepRunning('allocator', shares);
  await makeFleet(stage);
  await flood(stage);
  // All by facts: they stand behind the flood in the stream.
  const acknowledged = await startVms(stage, { vms: VMS, told: 'told' });
  await decided(stage, VMS);
  await copied(stage);
  // What it has decided is acknowledged by then.
  await allocator.stop('SIGTERM');
  const outcome = toOutcome(acknowledged.length, await examine(stage, acknowledged, { copy: false }));
  const wild = await becameOf(stage);
  const lost = Math.max(0, FACTS - wild.decided - wild.waiting);
  const note = `VMs waited for ${wild.before.toLocaleString('en')} of the ${FACTS.toLocaleString('en')} facts of one host; ${wild.waiting.toLocaleString('en')} of them wait in the stream`;
  const kept = outcome.kept && lost === 0 && wild.before < MOST_BEFORE * FACTS;
  return { ...outcome, lost: outcome.lost + lost, kept, note: outcome.note ?? note };
};

export const row: FaultRow = {
  number: 37,
  fault: `${VMS} VMs start at once behind ${FACTS.toLocaleString('en')} facts of one host`,
  promise: 'nothing is lost, and no VM waits for more of that host than its share',
  quick: false,
  run: (stage) => underStorm(stage, SHARES),
  control: (stage) => underStorm(stage, NO_SHARES),
};
