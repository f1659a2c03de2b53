import type { SettledFleet } from './fleet-memory.js';

const MS_PER_SECOND = 1_000;

interface Told {
  readonly type: string;
  readonly data: unknown;
}

/** Reservations that their VM has let go while their host still has devices attached, and since when: fed with each event after it was taken in. */
export class PendingReleases {
  private readonly since = new Map<string, number>();

  constructor(private readonly fleet: Pick<SettledFleet, 'host'>) {}

  /** `at`: when the event was recorded, in milliseconds since 1970. */
  take({ type, data }: Told, at: number): void {
    if (type !== 'ReleasePending' && type !== 'DevicesReleased') return;
    const { hostId, vmId } = data as { readonly hostId: string; readonly vmId: string };
    const key = `${hostId} ${vmId}`;
    const pends = (this.fleet.host(hostId)?.reservations.get(vmId)?.releasing.size ?? 0) > 0;
    if (!pends) this.since.delete(key);
    else if (!this.since.has(key)) this.since.set(key, at);
  }

  get count(): number {
    return this.since.size;
  }

  /** Seconds; 0 without one. The first that came is the oldest. */
  oldest(now: number): number {
    for (const since of this.since.values()) return Math.max(0, (now - since) / MS_PER_SECOND);
    return 0;
  }
}
