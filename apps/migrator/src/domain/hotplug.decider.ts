import { unhandled, type Decider } from '@vfleet/decider';
import type { EventData, HotplugDevice, MigrationDeadlines, VmState } from '@vfleet/contracts';
import { completed, failed, hotplugFollowUp, names, undo } from './hotplug-follow-up.js';
import { evolveHotplug } from './hotplug.evolve.js';
import { NO_HOTPLUG, hasHotplugEnded, pendingOrders, type Hotplug, type HotplugEvent, type HotplugOrder, type HotplugWish } from './hotplug.js';
import { letGoMeanwhile, type Outcome } from './outcomes.js';
import { NO_ANSWER } from './saga.js';

/** What an operation hears. Times are RFC 3339; `now` is when it hears it. */
export type HotplugCommandIn = { readonly now: string } & (
  | { readonly type: 'Hotplug'; readonly migrationId: string; readonly vmId: string; readonly wish: HotplugWish }
  | { readonly type: 'Reject'; readonly code: string; readonly message: string }
  | {
      readonly type: 'Prepared';
      readonly hostId: string;
      readonly running: boolean;
      readonly devices: readonly HotplugDevice[];
      readonly deadlines: MigrationDeadlines;
    }
  | { readonly type: 'Answered'; readonly outcome: Outcome }
  | { readonly type: 'VmSeen'; readonly state: VmState; readonly hostId?: string; readonly receivedAt: string }
  | { readonly type: 'TimePassed' }
  /** The allocator has taken back what was to be given back, or will not. */
  | { readonly type: 'GivenBack' }
  | { readonly type: 'NotGivenBack'; readonly code: string; readonly message: string }
);

/** Attaching and detaching: what it hears becomes events, and what follows from those by themselves with them. */
export const hotplugDecider: Decider<Hotplug, HotplugCommandIn, HotplugEvent> = {
  initialState: NO_HOTPLUG,
  evolve: evolveHotplug,
  decide: (hotplug, command) => {
    const events = [...decideAlone(hotplug, command)];
    let state = events.reduce(evolveHotplug, hotplug);
    for (let more = hotplugFollowUp(state, command.now); more.length > 0; more = hotplugFollowUp(state, command.now)) {
      events.push(...more);
      state = more.reduce(evolveHotplug, state);
    }
    return events;
  },
};

const decideAlone = (hotplug: Hotplug, command: HotplugCommandIn): readonly HotplugEvent[] => {
  const { now } = command;
  switch (command.type) {
    case 'Hotplug':
      return hotplug.state === 'none' ? [requested(command)] : [];
    case 'Reject': {
      const { code, message } = command;
      return hotplug.state === 'requested' ? [{ type: 'HotplugRejected', data: { ...names(hotplug), code, message } }] : [];
    }
    case 'Prepared': {
      const { hostId, running, devices, deadlines } = command;
      const data = { ...names(hotplug), hostId, verb: hotplug.wish.verb, running, devices: [...devices], deadlines };
      return hotplug.state === 'requested' ? [{ type: 'HotplugStarted', data }] : [];
    }
    case 'Answered':
      return answered(hotplug, command.outcome, now);
    case 'VmSeen':
      return hasVmEnded(hotplug, command) ? [{ type: 'HotplugVmEnded', data: { ...names(hotplug), state: command.state } }] : [];
    case 'TimePassed':
      return pendingOrders(hotplug)
        .filter(({ deadline }) => deadline <= now)
        .flatMap(({ commandId }) => answered(hotplug, { commandId, kind: 'failed', code: NO_ANSWER, message: 'no answer in time' }, now));
    case 'GivenBack':
      if (hotplug.state === 'undoing') return [failed(hotplug, now)];
      return hotplug.state === 'unplugging' ? [completed(hotplug, now)] : [];
    case 'NotGivenBack':
      if (hotplug.state === 'undoing') return [failed(hotplug, now)];
      return hotplug.state === 'unplugging' ? [undo(hotplug, command.code, command.message)] : [];
    default:
      return unhandled(command);
  }
};

const requested = ({ migrationId, vmId, wish, now }: Extract<HotplugCommandIn, { type: 'Hotplug' }>): HotplugEvent => {
  const { verb, ...asked } = wish.verb === 'attach' ? { ...wish, devices: [...wish.devices] } : wish;
  const data: EventData<'HotplugRequested'> = { migrationId, vmId, verb, ...asked, requestedAt: now };
  return { type: 'HotplugRequested', data };
};

/** An outcome may come twice, and after it was given up. */
const answered = (hotplug: Hotplug, outcome: Outcome, at: string): readonly HotplugEvent[] => {
  const order = hotplug.commands.get(outcome.commandId);
  if (!order || order.state === 'done') return [];
  const about = aboutOrder(hotplug, order);
  if (outcome.kind === 'failed') {
    const { code, message } = outcome;
    return order.state === 'requested' ? [{ type: 'HostdevCommandFailed', data: { ...about, code, message } }] : [];
  }
  if ((outcome.kind === 'attached') !== (order.verb === 'attach')) return [];
  if (outcome.kind === 'attached') return [{ type: 'HostdevPlugged', data: { ...about, at } }];
  const { guestAddress } = outcome;
  const unplugged: HotplugEvent = { type: 'HostdevUnplugged', data: { ...about, ...(guestAddress !== undefined && { guestAddress }), at } };
  return [...overtaken(hotplug, order), unplugged];
};

const aboutOrder = (hotplug: Hotplug, { commandId, hostId, deviceId, address }: HotplugOrder) => ({
  ...names(hotplug),
  commandId,
  hostId,
  deviceId,
  address,
});

/** An order to plug back what its guest has let go of may have been followed before. */
const overtaken = (hotplug: Hotplug, { deviceId, address }: HotplugOrder): readonly HotplugEvent[] =>
  pendingOrders(hotplug)
    .filter((one) => one.verb === 'attach' && one.deviceId === deviceId)
    .map((one) => ({ type: 'HostdevCommandFailed', data: { ...aboutOrder(hotplug, one), ...letGoMeanwhile(address) } }));

const OVER: ReadonlySet<VmState> = new Set(['stopped', 'destroyed', 'crashed', 'error', 'starting']);

/** Its run is over, or it runs somewhere else. What was told before the operation says nothing about it. */
const hasVmEnded = (hotplug: Hotplug, { state, hostId, receivedAt }: Extract<HotplugCommandIn, { type: 'VmSeen' }>): boolean => {
  const { requestedAt, running, vmEnded } = hotplug;
  if (!running || vmEnded || hasHotplugEnded(hotplug) || receivedAt < requestedAt) return false;
  return OVER.has(state) || (state === 'running' && hostId !== undefined && hostId !== hotplug.hostId);
};
