import { vmFactSubject, type CloudEvent } from '@vfleet/contracts';
import { hostName, inventoryHolds, journalPosition, publishFleet, journalHolds, checkpoint } from './fleet.js';
import { latencyFloor } from './latency-floor.js';
import { percentile, type Measurement } from './measurement.js';
import { pace } from './pace.js';
import { openStage, type Stage } from './stage.js';

const HOSTS = 1_000;
const DEVICES = 64;
const SECONDS = 10;
const FLOOR_SECONDS = 5;
/** What the load before left behind (garbage, a checkpoint of PostgreSQL) is not counted to the next. */
const SETTLE_MS = 2_000;
/** Starts of the service and of compiled code settle before anything is counted. */
const WARM_UP = 2_000;
/** Not so often that the looking itself is the load. */
const POLL_MS = 5;

/** From `VmStateChanged` published to the reservation committed and announced, and to visible in the projection. */
export const vmLatency = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  await stage.start('allocator');
  await stage.start('inventory');
  await journalHolds(stage, await publishFleet(stage, HOSTS, DEVICES));
  await inventoryHolds(stage, await journalPosition(stage.pool));
  await load(stage, 'warm', 500, WARM_UP / 500);
  await load(stage, 'warmer', 500, WARM_UP / 500);
  const results: Measurement[] = [];
  for (const [perSecond, aim] of [
    [300, 25],
    [2_000, 40],
  ] as const) {
    const { committed, visible, sent } = await load(stage, `r${perSecond}`, perSecond, SECONDS);
    const floor = await latencyFloor(stage, `r${perSecond}`, perSecond, FLOOR_SECONDS);
    const rate = `${perSecond}/s (${sent} VMs)`;
    for (const [what, samples, share, aimed] of [
      ['committed and announced', committed, 0.5, undefined],
      ['committed and announced', committed, 0.99, aim],
      ['visible in the projection', visible, 0.5, undefined],
      ['visible in the projection', visible, 0.99, undefined],
    ] as const)
      results.push({
        section: 'VM state to reservation',
        what: `${what}, p${share * 100} at ${rate}`,
        value: percentile(samples, share),
        unit: 'ms',
        against: { what: 'bare commit and publish', value: percentile(floor, share) },
        ...(aimed !== undefined && { aim: { at: 'most', figure: aimed, of: 'value' } as const }),
      });
  }
  await stage.close();
  return results;
};

export interface Latencies {
  readonly sent: number;
  /** From the first state published to the last reservation announced. */
  readonly seconds: number;
  readonly committed: readonly number[];
  readonly visible: readonly number[];
}

/** VMs that start, so many a second, each on a host of its own turn and with one device; when it resolves all have stopped again. */
export const load = async (stage: Stage, round: string, perSecond: number, seconds: number): Promise<Latencies> => {
  const { client, pool } = stage;
  const total = perSecond * seconds;
  const sentAt = new Map<string, number>();
  const committed: number[] = [];
  const positions: { readonly position: number; readonly at: number }[] = [];
  const visible: number[] = [];
  const begun = performance.now();
  let announced = begun;
  const events = client.nats.subscribe('vfleet.evt.vm.*.*.DevicesReserved', {
    callback: (_, message) => {
      const event = message.json<CloudEvent<{ vmId: string }>>();
      const at = sentAt.get(event.data.vmId);
      if (at === undefined) return;
      announced = performance.now();
      committed.push(announced - at);
      positions.push({ position: Number(event.position), at });
    },
  });
  await client.nats.flush();
  const watching = watchProjection(pool, total, positions, visible);
  await pace(perSecond, total, (n) => {
    const vmId = `vm-${round}-${n}`;
    sentAt.set(vmId, performance.now());
    client.nats.publish(
      vmFactSubject(vmId, 'VmStateChanged'),
      JSON.stringify({ vmId, state: 'starting', hostId: hostName(n % HOSTS), sequence: 1, devices: [{ device: '10GE' }] }),
    );
  });
  await watching;
  events.unsubscribe();
  for (const vmId of sentAt.keys())
    client.nats.publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify({ vmId, state: 'stopped', sequence: 2 }));
  await allReleased(stage);
  await inventoryHolds(stage, await journalPosition(pool));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return { sent: total, seconds: (announced - begun) / 1_000, committed, visible };
};

/** Looks at the projection's checkpoint and notes when each reservation became visible. */
const watchProjection = async (
  pool: Stage['pool'],
  total: number,
  positions: readonly { readonly position: number; readonly at: number }[],
  visible: number[],
): Promise<void> => {
  for (let next = 0; next < total; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const reached = await checkpoint(pool);
    const now = performance.now();
    for (let one = positions[next]; one && one.position <= reached; one = positions[(next += 1)]) visible.push(now - one.at);
  }
};

const allReleased = async ({ pool }: Stage): Promise<void> => {
  for (;;) {
    const { rows } = await pool.query<{ held: string }>('select count(*) as held from journal.claims');
    if (Number(rows[0]?.held) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
