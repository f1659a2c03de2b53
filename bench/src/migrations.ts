import type { CloudEvent, HostdevAttached } from '@vfleet/contracts';
import { percentile, type Measurement } from './measurement.js';
import { MovingFleet } from './moving-fleet.js';
import { openStage, type Stage } from './stage.js';

const HOSTS = 100;
const VMS = 100;
const MOVES = 1_000;
/** At once, for the rate and for the interruption: a queue says nothing about how long one move takes. */
const BUSY = 48;
const CALM = 1;
const WARM_UP = 200;
const AIM_MS = 20;

/** Moves of VMs between simulated hosts, by the whole control plane. */
export const migrations = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  await Promise.all((['allocator', 'inventory', 'migrator'] as const).map((service) => stage.start(service)));
  const fleet = new MovingFleet(stage);
  await fleet.start(HOSTS, VMS);
  const watch = new Interruptions(stage);
  fleet.listen('asked');
  await moveAll(fleet, watch, WARM_UP, CALM);
  const section = 'migrations';
  const results: Measurement[] = [];
  for (const how of ['asked', 'told'] as const) {
    fleet.listen(how);
    const { shares } = await moveAll(fleet, watch, MOVES, CALM);
    for (const share of [0.5, 0.99])
      results.push({
        section,
        what: `control plane's share of the interruption, platform ${how}, p${share * 100}, ${CALM} at once`,
        value: percentile(shares, share),
        unit: 'ms',
        ...(share === 0.99 && { aim: { at: 'most', figure: AIM_MS, of: 'value' } as const }),
      });
  }
  fleet.listen('asked');
  const { perSecond, shares } = await moveAll(fleet, watch, MOVES, BUSY);
  results.push({ section, what: `between ${HOSTS} hosts, ${BUSY} at once`, value: perSecond, unit: 'migrations/s' });
  results.push({ section, what: `control plane's share of the interruption, p99, ${BUSY} at once`, value: percentile(shares, 0.99), unit: 'ms' });
  await stage.close();
  return results;
};

interface Moved {
  readonly perSecond: number;
  /** Milliseconds, one for each move. */
  readonly shares: readonly number[];
}

const moveAll = async (fleet: MovingFleet, watch: Interruptions, moves: number, atOnce: number): Promise<Moved> => {
  watch.shares.length = 0;
  const vms = [...fleet.runsOn.keys()];
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, lane) => {
      // Each lane has VMs of its own, so that none is moved twice at once.
      const own = vms.filter((_vm, index) => index % atOnce === lane);
      for (let n = 0; next < moves; n += 1) {
        next += 1;
        const vmId = own[n % own.length] ?? '';
        const ended = watch.ended(vmId);
        await fleet.move(vmId);
        await ended;
      }
    }),
  );
  return { perSecond: (moves / (performance.now() - start)) * 1_000, shares: [...watch.shares] };
};

/**
 * How long VMs are without their devices by what goes over the bus: from the agent's word that a device is off to the word
 * that its counterpart is plugged, without what the plugging itself took. The platform of this bench takes no time.
 */
class Interruptions {
  readonly shares: number[] = [];
  private readonly off = new Map<string, number>();
  private readonly waiting = new Map<string, (name: string) => void>();

  constructor({ client: { nats } }: Stage) {
    nats.subscribe('vfleet.in.host.*.HostdevDetached', {
      callback: (_, message) => void this.off.set(message.json<HostdevAttached>().vmId, performance.now()),
    });
    nats.subscribe('vfleet.in.host.*.HostdevAttached', {
      callback: (_, message) => {
        const { vmId, elapsedMs } = message.json<HostdevAttached>();
        const since = this.off.get(vmId);
        if (since !== undefined) this.shares.push(performance.now() - since - elapsedMs);
        this.off.delete(vmId);
      },
    });
    for (const end of ['MigrationCompleted', 'MigrationRolledBack', 'MigrationFailed'])
      nats.subscribe(`vfleet.evt.migration.*.*.${end}`, {
        callback: (_, message) => this.waiting.get(message.json<CloudEvent<{ vmId: string }>>().data.vmId)?.(end),
      });
  }

  /** Resolves when the VM's move is complete. @throws Error when it ends otherwise */
  ended(vmId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.set(vmId, (end) => (end === 'MigrationCompleted' ? resolve() : reject(new Error(`${vmId}: ${end}`))));
    });
  }
}
