/** An event as it stands in the log. */
export interface StoredEvent {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly meta: { readonly source?: string; readonly fence?: number; readonly causationId?: string };
  readonly recordedAt: Date;
}

export interface Lease {
  readonly fence: number;
  readonly owner: string;
  readonly expiresAt: number;
}

export interface Checkpoint {
  readonly position: number;
  /** The transaction that wrote it. */
  readonly writer: number;
}

/** What the store holds, table by table. Every write says how it is taken back. */
export class Tables {
  readonly events: StoredEvent[] = [];
  readonly heads = new Map<string, number>();
  readonly positions = new Map<string, number>();
  readonly inbox = new Set<string>();
  readonly claims = new Map<string, string>();
  readonly marks = new Map<string, unknown>();
  readonly leases = new Map<string, Lease>();
  readonly checkpoints = new Map<string, Checkpoint>();
  /** Rows of projections, by table and key. */
  readonly rows = new Map<string, unknown>();
  transactions = 0;

  get head(): number {
    return this.events.length;
  }

  streamOf(stream: string): readonly StoredEvent[] {
    return this.events.filter((event) => event.stream === stream);
  }
}

/** Writes of one transaction, with how each is taken back and made again. */
export class Undoing {
  private readonly writes: { readonly undo: () => void; readonly redo: () => void }[] = [];

  set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
    const before = map.get(key);
    const put = (one: Value | undefined): void => (one === undefined ? void map.delete(key) : void map.set(key, one));
    this.write({ undo: () => put(before), redo: () => put(value) });
  }

  add<Key>(set: Set<Key>, key: Key): void {
    this.write({ undo: () => void set.delete(key), redo: () => void set.add(key) });
  }

  push<Item>(list: Item[], item: Item): void {
    this.write({ undo: () => void list.pop(), redo: () => void list.push(item) });
  }

  takeBack(): void {
    for (const { undo } of this.writes.splice(0).reverse()) undo();
  }

  /** Whoever looks meanwhile does not see them. */
  hiddenWhile<Seen>(look: () => Seen): Seen {
    for (const { undo } of this.writes.toReversed()) undo();
    try {
      return look();
    } finally {
      for (const { redo } of this.writes) redo();
    }
  }

  get isEmpty(): boolean {
    return this.writes.length === 0;
  }

  private write(one: { readonly undo: () => void; readonly redo: () => void }): void {
    this.writes.push(one);
    one.redo();
  }
}
