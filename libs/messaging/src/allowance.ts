export interface AllowanceOptions {
  /** As many at once. */
  readonly burst: number;
  /** As many over time. */
  readonly perSecond: number;
  /** Sources that are remembered, before those that are forgotten that have all their burst again. */
  readonly mostSources?: number;
}

interface Left {
  readonly messages: number;
  readonly atMs: number;
}

const MOST_SOURCES = 20_000;
const MS_PER_SECOND = 1_000;

/**
 * How much each source may tell. The clock is that of the messages, when the stream took them: what has piled up while nobody read
 * counts as it came, and not as if it had come at once.
 */
export class Allowance {
  private readonly sources = new Map<string, Left>();
  private forgetBeyond: number;

  constructor(private readonly options: AllowanceOptions) {
    this.forgetBeyond = options.mostSources ?? MOST_SOURCES;
  }

  /** Whether one more message of a source, taken at some time in milliseconds, is within what it may tell. One that is not takes nothing. */
  take(source: string, atMs: number): boolean {
    const left = this.leftOf(source, atMs);
    const isAllowed = left >= 1;
    // Messages that are delivered again are older than what was counted last.
    this.sources.set(source, { messages: isAllowed ? left - 1 : left, atMs: Math.max(atMs, this.sources.get(source)?.atMs ?? 0) });
    if (this.sources.size > this.forgetBeyond) this.forget(atMs);
    return isAllowed;
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.sources.size;
  }

  private leftOf(source: string, atMs: number): number {
    const { burst, perSecond } = this.options;
    const known = this.sources.get(source);
    if (!known) return burst;
    return Math.min(burst, known.messages + (Math.max(0, atMs - known.atMs) / MS_PER_SECOND) * perSecond);
  }

  /** Those that are as if they had never told anything. Not looked for at each message where there are more of the others. */
  private forget(atMs: number): void {
    for (const source of this.sources.keys()) if (this.leftOf(source, atMs) >= this.options.burst) this.sources.delete(source);
    this.forgetBeyond = Math.max(this.options.mostSources ?? MOST_SOURCES, 2 * this.sources.size);
  }
}
