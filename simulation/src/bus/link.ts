import type { Life } from '../time/life.js';

/**
 * What carries one machine's messages. Cut: its connection breaks, the bus forgets it, and what is sent over it is lost, for
 * the client of NATS throws it away when it connects anew. Stalled: nothing passes and nobody notices; what is sent either
 * way waits in between, and arrives late.
 */
export class Link {
  private state: 'whole' | 'cut' | 'stalled' = 'whole';
  /** When the last that each process has sent arrives. */
  private readonly sentUntil = new WeakMap<Life, number>();
  private waiting: { readonly life: Life | undefined; readonly arrive: () => void }[] = [];

  /** Nobody who asks the bus finds whoever is behind it. */
  get isCut(): boolean {
    return this.state === 'cut';
  }

  /** When something that a process sends now arrives at last, where it would arrive by itself at a moment: its connection keeps the order. */
  inOrder(life: Life, at: number): number {
    const arrival = Math.max(at, this.sentUntil.get(life) ?? 0);
    this.sentUntil.set(life, arrival);
    return arrival;
  }

  /** At once, or when it is whole again, unless the process that has it has ended by then. */
  carry(life: Life | undefined, arrive: () => void): void {
    if (this.state === 'whole') arrive();
    else if (this.state === 'stalled') this.waiting.push({ life, arrive });
  }

  cut(): void {
    this.state = 'cut';
    this.waiting = [];
  }

  stall(): void {
    this.state = 'stalled';
  }

  mend(): void {
    this.state = 'whole';
    for (const { life, arrive } of this.waiting.splice(0)) if (!life?.ended) arrive();
  }
}
