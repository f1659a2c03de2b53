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

/** Writes of one transaction, with how each is taken back. */
export class Undoing {
  private readonly undo: (() => void)[] = [];

  set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
    const before = map.get(key);
    this.undo.push(() => (before === undefined ? void map.delete(key) : void map.set(key, before)));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  add<Key>(set: Set<Key>, key: Key): void {
    this.undo.push(() => void set.delete(key));
    set.add(key);
  }

  push<Item>(list: Item[], item: Item): void {
    this.undo.push(() => void list.pop());
    list.push(item);
  }

  takeBack(): void {
    for (const one of this.undo.splice(0).reverse()) one();
  }

  get isEmpty(): boolean {
    return this.undo.length === 0;
  }
}
