import type { HotplugDevice } from '@vfleet/contracts';
import { replay } from '@vfleet/decider';
import { hotplugDecider, type HotplugCommandIn } from '../domain/hotplug.decider.js';
import { hotplugIntentsOf } from '../domain/hotplug-intents.js';
import type { Hotplug, HotplugEvent } from '../domain/hotplug.js';
import { NOW } from './given.js';

export type HotplugTold = HotplugCommandIn extends infer One
  ? One extends { readonly now: string }
    ? Omit<One, 'now'> & { readonly now?: string }
    : never
  : never;

export interface Operation {
  readonly hotplug: Hotplug;
  readonly events: readonly HotplugEvent[];
  /** Events of the last thing that was heard. */
  readonly last: readonly HotplugEvent[];
}

/** What an operation comes to that hears these things one after the other. */
export const operation = (...told: readonly HotplugTold[]): Operation => {
  let events: readonly HotplugEvent[] = [];
  let last: readonly HotplugEvent[] = [];
  for (const one of told) {
    last = hotplugDecider.decide(replay(hotplugDecider, events), { now: NOW, ...one });
    events = [...events, ...last];
  }
  return { hotplug: replay(hotplugDecider, events), events, last };
};

/** Its orders as `attach 1`, what it asks of the allocator by name. */
export const needs = ({ hotplug }: Operation): readonly string[] =>
  hotplugIntentsOf(hotplug).map((one) => {
    if (one.type === 'Plug') return `${one.late ? 'perhaps ' : ''}${one.command.verb} ${one.command.deviceId.slice(-1)}`;
    return one.type === 'GiveBack' ? `give back ${one.what.map((what) => Object.values(what).join()).join(' and ')}` : one.type;
  });

/** A device of a VM, `0000:28:00.<n>`. */
export const plugged = (n: number, where: HotplugDevice['where'], over: Partial<HotplugDevice> = {}): HotplugDevice => ({
  requestName: `10GE-${n}`,
  deviceId: String(n).padStart(20, '0'),
  address: `0000:28:00.${n}`,
  where,
  ...over,
});

const begin = (wish: Hotplug['wish']): HotplugTold => ({ type: 'Hotplug', migrationId: 'o1', vmId: 'vm-1', wish });
export const attach: HotplugTold = begin({ verb: 'attach', devices: [{ device: '10GE' }] });
export const detach: HotplugTold = begin({ verb: 'detach', requestName: '10GE-1' });
export const prepared = (devices: readonly HotplugDevice[], running = true): HotplugTold => ({
  type: 'Prepared',
  hostId: 'h1',
  running,
  devices,
  deadlines: { unplug: 30, plug: 20 },
});
/** The VM has got these on its host, and none is plugged in yet. */
export const held = (...devices: readonly number[]): HotplugTold => prepared(devices.map((n) => plugged(n, 'unplugged')));
/** The VM would give these back, and has them plugged in. */
export const found = (...devices: readonly number[]): HotplugTold => prepared(devices.map((n) => plugged(n, 'attached')));
export const heard = (n: number, kind: 'attached' | 'detached', now = NOW): HotplugTold => ({
  type: 'Answered',
  outcome: { commandId: `o1-${n}`, kind, guestAddress: '0000:05:00.0' },
  now,
});
export const refused = (n: number, code = 'GUEST_REFUSED', now = NOW): HotplugTold => ({
  type: 'Answered',
  outcome: { commandId: `o1-${n}`, kind: 'failed', code, message: 'no' },
  now,
});
