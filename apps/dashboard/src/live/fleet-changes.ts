import type { EventFeed } from './event-feed.js';
import type { LiveEvent } from './live-event.js';

/** What has changed up to a position: ids, or `many` where there are more than a page would ask for one by one. */
export interface FleetChanges {
  readonly position: number;
  readonly hosts: readonly string[] | 'many';
  readonly devices: readonly string[] | 'many';
  readonly vms: readonly string[] | 'many';
  readonly migrations: readonly string[] | 'many';
  /** Names of models, aliases, offerings, policies and quotas, as their subjects have them. */
  readonly catalog: readonly string[] | 'many';
}

type Kind = Exclude<keyof FleetChanges, 'position'>;

const MANY = 100;
const KINDS: readonly Kind[] = ['hosts', 'devices', 'vms', 'migrations', 'catalog'];

/** Everything may have changed. */
export const anyChanges = (position: number): FleetChanges => ({
  position,
  hosts: 'many',
  devices: 'many',
  vms: 'many',
  migrations: 'many',
  catalog: 'many',
});

/** Sums up what events have changed. */
export const changesOf = (events: readonly LiveEvent[], position: number): FleetChanges => {
  const seen: Record<Kind, Set<string>> = { hosts: new Set(), devices: new Set(), vms: new Set(), migrations: new Set(), catalog: new Set() };
  for (const event of events) for (const [kind, id] of touchedBy(event)) if (seen[kind].size <= MANY) seen[kind].add(id);
  const told = KINDS.map((kind) => [kind, seen[kind].size > MANY ? 'many' : [...seen[kind]]]);
  return { position, ...(Object.fromEntries(told) as Record<Kind, readonly string[] | 'many'>) };
};

const touchedBy = (event: LiveEvent): readonly (readonly [Kind, string])[] => {
  const { context, a, b } = event;
  const named = (kind: Kind, id: string) => (id === '-' || id === '' ? [] : ([[kind, id]] as const));
  if (context === 'device') return [...named('hosts', a), ...named('devices', b)];
  if (context === 'host') return named('hosts', a);
  if (context === 'vm') return [...named('hosts', a), ...named('vms', b), ...devicesIn(event)];
  if (context === 'migration') return [...named('migrations', a), ...named('vms', b), ...devicesIn(event)];
  return context === 'catalog' ? named('catalog', b) : [];
};

/** Devices that a reservation or a move names beside its subject. */
const devicesIn = ({ payload }: LiveEvent): readonly (readonly [Kind, string])[] => {
  try {
    const { data } = JSON.parse(Buffer.from(payload).toString()) as {
      readonly data?: { readonly devices?: readonly { readonly deviceId?: string }[] };
    };
    return (data?.devices ?? []).flatMap(({ deviceId }) => (deviceId === undefined ? [] : [['devices', deviceId] as const]));
  } catch {
    return [];
  }
};

const PERIOD_MS = 250;

/** Tells at most four times a second what has changed, the same to everybody, who then asks for what it shows. */
export class ChangeTeller {
  private readonly listeners = new Set<(frame: Uint8Array) => void>();
  private readonly forget: () => void;
  /** Position up to which everybody has been told. */
  private told = 0;
  private pending: NodeJS.Timeout | undefined;

  constructor(private readonly feed: EventFeed) {
    this.forget = feed.onNews(() => (this.pending ??= setTimeout(() => this.tell(), PERIOD_MS)));
  }

  onChanges(listener: (frame: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What has changed after a position; everything may have, where that is too far back. */
  since(position: number): FleetChanges {
    const { recent } = this.feed;
    if (position + 1 < recent.first) return anyChanges(recent.last);
    return changesOf(recent.from(position + 1, recent.capacity), recent.last);
  }

  stop(): void {
    this.forget();
    clearTimeout(this.pending);
  }

  private tell(): void {
    this.pending = undefined;
    const frame = this.listeners.size > 0 ? changeFrame(this.since(this.told)) : undefined;
    this.told = this.feed.recent.last;
    if (frame) for (const listener of this.listeners) listener(frame);
  }
}

export const changeFrame = (changes: FleetChanges): Uint8Array => Buffer.from(`id: ${changes.position}\ndata: ${JSON.stringify(changes)}\n\n`);
