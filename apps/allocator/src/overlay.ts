/** A map with changes laid over it, which are sealed to one whole and then taken in or dropped, while more is laid over them. */
export class Overlay<Key, Value> {
  private readonly base = new Map<Key, Value>();
  private sealed = new Map<Key, Value | undefined>();
  private draft = new Map<Key, Value | undefined>();

  get(key: Key): Value | undefined {
    const drafted = this.draft.get(key);
    // What was taken away in the draft is there as undefined; most of the time nothing was.
    if (drafted !== undefined || this.draft.has(key)) return drafted;
    const sealed = this.sealed.get(key);
    return sealed !== undefined || this.sealed.has(key) ? sealed : this.base.get(key);
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
    for (const key of new Set([...this.sealed.keys(), ...this.draft.keys()])) if (!this.base.has(key) && this.get(key) !== undefined) yield key;
  }

  /** What is laid over it is one whole from now on. There must be nothing sealed. */
  seal(): void {
    [this.sealed, this.draft] = [this.draft, this.sealed];
  }

  /** Takes in what is sealed. */
  commit(): void {
    for (const [key, value] of this.sealed) {
      if (value === undefined) this.base.delete(key);
      else this.base.set(key, value);
    }
    this.sealed.clear();
  }

  /** Drops what is sealed and what is not. */
  rollback(): void {
    this.sealed.clear();
    this.draft.clear();
  }
}
