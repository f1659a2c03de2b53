/** A map with changes laid over it, which are either taken in whole or dropped. */
export class Overlay<Key, Value> {
  private readonly base = new Map<Key, Value>();
  private readonly draft = new Map<Key, Value | undefined>();

  get(key: Key): Value | undefined {
    const drafted = this.draft.get(key);
    // What was taken away in the draft is there as undefined; most of the time nothing was.
    return drafted === undefined && !this.draft.has(key) ? this.base.get(key) : drafted;
  }

  /** Without what is laid over it. */
  getSettled(key: Key): Value | undefined {
    return this.base.get(key);
  }

  settledKeys(): Iterable<Key> {
    return this.base.keys();
  }

  set(key: Key, value: Value | undefined): void {
    this.draft.set(key, value);
  }

  /** Keys in the order in which they first came. */
  *keys(): Iterable<Key> {
    for (const key of this.base.keys()) if (this.get(key) !== undefined) yield key;
    for (const [key, value] of this.draft) if (value !== undefined && !this.base.has(key)) yield key;
  }

  commit(): void {
    for (const [key, value] of this.draft) {
      if (value === undefined) this.base.delete(key);
      else this.base.set(key, value);
    }
    this.draft.clear();
  }

  rollback(): void {
    this.draft.clear();
  }
}
