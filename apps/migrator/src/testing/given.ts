import type { DeviceMove, MovePlan } from '@vfleet/contracts';
import { replay } from '@vfleet/decider';
import { sagaDecider, type SagaCommandIn } from '../domain/saga.decider.js';
import type { MigrationEvent, Saga } from '../domain/saga.js';

export const NOW = '2026-11-21T10:00:00.000Z';
/** A time some seconds after the beginning of a spec. */
export const after = (seconds: number): string => new Date(Date.parse(NOW) + seconds * 1_000).toISOString();

const id = (text: string): string =>
  [...text]
    .map((c) => c.charCodeAt(0).toString(16))
    .join('')
    .padStart(20, '0')
    .slice(-20);

/** A device of the source, and the one that is held for it on the target. */
export const move = (n: number, over: Partial<DeviceMove> = {}): DeviceMove => ({
  requestName: `10GE-${n}`,
  source: { deviceId: id(`s${n}`), address: `0000:28:00.${n}` },
  target: { deviceId: id(`t${n}`), address: `0000:41:00.${n}` },
  mode: 'hotplug',
  policy: 'default',
  ...over,
});

export const plan = (devices: readonly DeviceMove[] = [move(1)], over: Partial<MovePlan> = {}): MovePlan => ({
  vmId: 'vm-1',
  sourceHostId: 'h1',
  targetHostId: 'h2',
  devices: [...devices],
  deadlines: { unplug: 30, migrate: 600, plug: 30 },
  blockers: [],
  held: true,
  ...over,
});

type Told = SagaCommandIn extends infer One ? (One extends { readonly now: string } ? Omit<One, 'now'> & { readonly now?: string } : never) : never;

export interface Course {
  readonly saga: Saga;
  readonly events: readonly MigrationEvent[];
  /** Events of the last thing that was heard. */
  readonly last: readonly MigrationEvent[];
}

/** What a saga comes to that hears these things one after the other. */
export const course = (...told: readonly Told[]): Course => {
  let events: readonly MigrationEvent[] = [];
  let last: readonly MigrationEvent[] = [];
  for (const one of told) {
    last = sagaDecider.decide(replay(sagaDecider, events), { now: NOW, ...one });
    events = [...events, ...last];
  }
  return { saga: replay(sagaDecider, events), events, last };
};

export const names = (events: readonly MigrationEvent[]): readonly string[] => events.map(({ type }) => type);

export const start: Told = { type: 'Start', migrationId: 'm1', request: { vmId: 'vm-1', targetHostId: 'h2' } };
export const planned = (devices?: readonly DeviceMove[], over?: Partial<MovePlan>): Told => ({ type: 'Planned', plan: plan(devices, over) });
export const detached = (n: number, now = NOW, migrationBlockers: readonly string[] = []): Told => ({
  type: 'Answered',
  outcome: { commandId: `m1-${n}`, kind: 'detached', guestAddress: '0000:05:00.0', migrationBlockers },
  now,
});
export const attached = (n: number, now = NOW): Told => ({ type: 'Answered', outcome: { commandId: `m1-${n}`, kind: 'attached' }, now });
export const failed = (n: number, code = 'GUEST_REFUSED'): Told => ({
  type: 'Answered',
  outcome: { commandId: `m1-${n}`, kind: 'failed', code, message: 'no' },
});
export const seen = (hostId: string, state = 'running', receivedAt = after(60)): Told => ({ type: 'VmSeen', state, hostId, receivedAt });
export const settled = (at: 'source' | 'target'): Told => ({ type: 'Settled', at });
