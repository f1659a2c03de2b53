import type { DeviceMove, DomainEvent, MIGRATION_EVENTS, MigrationDevice, MigrationState, StartMigration } from '@vfleet/contracts';

export type MigrationEvent = DomainEvent<keyof typeof MIGRATION_EVENTS>;

/** One device of a moving VM: what is planned for it, and where it is. */
export interface SagaDevice {
  readonly move: DeviceMove;
  readonly where: MigrationDevice['where'];
  /** Devices of the target that were held for it and given up. */
  readonly tried: readonly string[];
  /** Another device is held for it that has not been tried yet, or an operator wants it tried again. */
  readonly fresh: boolean;
  /** The allocator has to say what is held for it now: it may have taken another in the place of what failed, unheard. */
  readonly unsure?: true;
  /** How often it was plugged back at the source, in vain or not, since it is known to be off, or not known to be on. */
  readonly replugs: number;
  /** Where the guest saw it when it was unplugged. */
  readonly guestAddress?: string;
}

/** An order to an agent. Written down before it is sent; sending it again does no harm. */
export interface SagaCommand {
  readonly commandId: string;
  readonly verb: 'attach' | 'detach';
  readonly side: 'source' | 'target';
  readonly hostId: string;
  readonly deviceId: string;
  readonly address: string;
  /** RFC 3339; after that it has failed for us, whatever the agent says later. */
  readonly deadline: string;
  /**
   * `silent`: nobody has said what became of it; it may have been done. `stray`: done, and not wanted any more. `left`: not given any more.
   * `overtaken`: its device has been let go of since it was sent, so that what is said of it may be from before.
   */
  readonly state: 'requested' | 'done' | 'failed' | 'silent' | 'stray' | 'left' | 'overtaken';
  readonly mac?: string;
  readonly vlan?: number;
  readonly guestAddress?: string;
}

/** Seconds that the steps may take. */
export interface Deadlines {
  readonly unplug: number;
  readonly migrate: number;
  readonly plug: number;
}

/** A VM's move to another host, as far as it has come. */
export interface Saga {
  readonly state: MigrationState | 'none';
  readonly migrationId: string;
  readonly vmId: string;
  readonly wanted: Pick<StartMigration, 'targetHostId' | 'mode'>;
  readonly sourceHostId?: string;
  readonly targetHostId?: string;
  readonly devices: readonly SagaDevice[];
  readonly commands: ReadonlyMap<string, SagaCommand>;
  readonly deadlines: Deadlines;
  /** When the platform was told that it may move the VM, and until when it has to. */
  readonly moving?: { readonly since: string; readonly until: string };
  /** The VM has been seen on the target: from there on the way is forward only. */
  readonly past: boolean;
  /** It was rolled back so far that the target may have been released already: from there on the way is back only. */
  readonly back: boolean;
  /** What is against moving the VM, as the source told when a device was unplugged last. */
  readonly migrationBlockers: readonly string[];
  readonly firstUnpluggedAt?: string;
  readonly lastPluggedAt?: string;
  /** An operator has settled it: what is not where it should be is left to him. */
  readonly resolved?: true;
  /** Why it is rolled back, or has failed. */
  readonly code?: string;
  readonly message?: string;
}

export const NO_SAGA: Saga = {
  state: 'none',
  migrationId: '',
  vmId: '',
  wanted: {},
  devices: [],
  commands: new Map(),
  deadlines: { unplug: 30, migrate: 3_600, plug: 30 },
  past: false,
  back: false,
  migrationBlockers: [],
};

const ENDED: ReadonlySet<Saga['state']> = new Set(['completed', 'rolledBack', 'failed', 'cancelled', 'rejected']);

/** Nothing more happens by itself. */
export const hasEnded = ({ state }: Saga): boolean => ENDED.has(state);

/** A VM that ended while it moved has nothing to be plugged back into. */
export const VM_ENDED = 'VM_ENDED';
export const CANCELLED = 'CANCELLED';
/** Of an order that nobody has answered in time. */
export const NO_ANSWER = 'NO_ANSWER';
/** Of an order to plug a device that was let go of before it was answered: what is said of it may be from before. A new one makes sure. */
export const OVERTAKEN = 'OVERTAKEN';
/** A device cannot be plugged back at the source. */
export const REPLUG_FAILED = 'REPLUG_FAILED';
/** Of an order that was not given any more after the end: the VM does not run with the device, or something newer sees to it. */
export const NOT_HELD = 'DEVICE_NOT_HELD';
/** The same for an order to unplug: the VM holds the device by now, or something newer sees to it. */
export const DEVICE_HELD = 'DEVICE_HELD';

/** Devices as the outside is told of them. */
export const toMigrationDevices = ({ devices }: Saga): MigrationDevice[] => devices.map(({ move, where }) => ({ ...move, where }));

/** Orders that have been given and not answered. */
export const pendingCommands = ({ commands }: Saga): readonly SagaCommand[] => [...commands.values()].filter(({ state }) => state === 'requested');

/** It is not at the source, or nobody has said that it is: an unplugging or a plugging there was not answered. */
export const isOff = ({ where }: SagaDevice): boolean => where === 'unplugged' || where === 'unknown';

/** The last order that was given for a device of one side. */
export const lastCommandFor = ({ commands }: Saga, deviceId: string, side: SagaCommand['side']): SagaCommand | undefined =>
  [...commands.values()].filter((one) => one.deviceId === deviceId && one.side === side).at(-1);

/** The last order to plug a device of the target. */
export const lastPlugOf = ({ commands }: Saga, deviceId: string | undefined): SagaCommand | undefined =>
  [...commands.values()].filter((one) => one.deviceId === deviceId && one.side === 'target' && one.verb === 'attach').at(-1);

/** Its plugging has failed, whatever was done to it since. */
export const isGivenUp = (saga: Saga, deviceId: string | undefined): boolean => {
  const state = lastPlugOf(saga, deviceId)?.state;
  return state === 'failed' || state === 'stray';
};

/** It waits for something, or for an answer that may come after its end. */
export const isOpen = (saga: Saga): boolean => saga.state !== 'none' && (!hasEnded(saga) || pendingCommands(saga).length > 0);

/** When the next thing is late, RFC 3339; undefined when nothing has a deadline. */
export const dueOf = (saga: Saga): string | undefined => {
  const deadlines = pendingCommands(saga).map(({ deadline }) => deadline);
  if (saga.state === 'moving' && saga.moving) deadlines.push(saga.moving.until);
  return deadlines.sort()[0];
};
