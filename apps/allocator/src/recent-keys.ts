/** The newest keys, up to a bound; the oldest are forgotten first. */
export class RecentKeys {
  private readonly keys = new Set<string>();

  constructor(private readonly bound: number) {}

  has(key: string): boolean {
    return this.keys.has(key);
  }

  add(keys: Iterable<string>): void {
    for (const key of keys) this.keys.add(key);
    for (const key of this.keys) {
      if (this.keys.size <= this.bound) return;
      this.keys.delete(key);
    }
  }
}
