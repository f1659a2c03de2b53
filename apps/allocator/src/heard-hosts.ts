/**
 * When hosts were last heard, so that those that have fallen silent are found without looking at the others: hosts that may be
 * silent equally long stand in the order in which they were heard. Times are milliseconds of one monotonic clock.
 */
export class HeardHosts {
  /** By how long they may be silent: hosts with when they were heard, the one that is silent the longest first. */
  private readonly queues = new Map<number, Map<string, number>>();
  private readonly queueOf = new Map<string, Map<string, number>>();
  private deafUntil = -Infinity;

  /** A host says something at `now`; it may be silent for `patienceMs` after that. */
  hear(hostId: string, patienceMs: number, now: number): void {
    const queue = this.queues.get(patienceMs) ?? new Map<string, number>();
    if (queue.size === 0) this.queues.set(patienceMs, queue);
    this.forget(hostId);
    queue.set(hostId, now);
    this.queueOf.set(hostId, queue);
  }

  /** Nobody can be heard: this time counts as silence of none. */
  beDeaf(now: number): void {
    this.deafUntil = now;
  }

  forget(hostId: string): void {
    this.queueOf.get(hostId)?.delete(hostId);
    this.queueOf.delete(hostId);
  }

  /** Hosts that have been silent for longer than they may be. They are told again and again until they are heard or forgotten. */
  silent(now: number): readonly string[] {
    const silent: string[] = [];
    for (const [patienceMs, queue] of this.queues) {
      if (queue.size === 0) this.queues.delete(patienceMs);
      for (const [hostId, at] of queue) {
        if (now - Math.max(at, this.deafUntil) <= patienceMs) break;
        silent.push(hostId);
      }
    }
    return silent;
  }

  get size(): number {
    return this.queueOf.size;
  }
}
