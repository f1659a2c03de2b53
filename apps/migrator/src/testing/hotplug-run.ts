import { replay } from '@vfleet/decider';
import { hotplugIntentsOf } from '../domain/hotplug-intents.js';
import { hotplugDecider } from '../domain/hotplug.decider.js';
import { ordersFor, type Hotplug, type HotplugEvent, type HotplugOrder } from '../domain/hotplug.js';
import { after } from './given.js';
import { attach, detach, plugged, type HotplugTold } from './given-hotplug.js';

/** An agent that plugs nothing in twice, a guest, a platform and an allocator as they really are; what is told of them may be late, doubled or lost. */
interface World {
  readonly plugged: Set<string>;
  readonly held: Set<string>;
  /** Outcomes by order; an order that comes again is answered the same. */
  readonly outcomes: Map<string, HotplugTold>;
  /** Devices of which a guest may let go yet, and the order that it was told so by. */
  readonly hesitant: Map<string, string>;
  /** Orders that an agent has taken and not carried out, the first of them next. */
  readonly taken: Map<string, HotplugOrder>;
  running: boolean;
}
/**
 * `hesitant`: a guest that is to let go of its device does so when nobody expects it any more, or never. `slow`: an agent
 * that carries an order out when it comes to it, be it in the VM's next run.
 */
type Way = 'done' | 'refused' | 'silent' | 'unheard' | 'late' | 'hesitant' | 'slow';
export const WAYS: readonly Way[] = ['done', 'done', 'refused', 'silent', 'unheard', 'late', 'hesitant', 'slow'];
const DEVICES = [1, 2, 3];
const REFUSED = { code: 'GUEST_REFUSED', message: 'no' };

export interface HotplugStep {
  readonly what: string;
  readonly n: number;
  readonly way: Way;
}

/** One attaching or detaching, with everybody who has a part in it. */
export class HotplugRun {
  readonly world: World;
  readonly events: HotplugEvent[] = [];
  readonly waiting: HotplugTold[] = [];
  readonly told: HotplugTold[] = [];
  state: Hotplug = hotplugDecider.initialState;
  /** What is held after that is for the next run, and where devices are is not told any more. */
  hasVmEnded = false;
  /** Orders about a VM of whose end was heard, sent without asking what its next run holds. */
  readonly unasked: string[] = [];
  private seconds = 0;

  constructor(
    readonly verb: 'attach' | 'detach',
    count: number,
  ) {
    const ids = DEVICES.slice(0, count).map((n) => plugged(n, 'attached').deviceId);
    const [outcomes, hesitant, taken] = [new Map(), new Map(), new Map()];
    this.world = { plugged: new Set(verb === 'detach' ? ids : []), held: new Set(ids), outcomes, hesitant, taken, running: true };
    this.hear(verb === 'attach' ? attach : detach);
    const where = verb === 'attach' ? 'unplugged' : 'attached';
    const devices = DEVICES.slice(0, count).map((n) => plugged(n, where));
    this.hear({ type: 'Prepared', hostId: 'h1', running: true, devices, deadlines: { unplug: 30, plug: 30 } });
  }

  hear(told: HotplugTold): void {
    this.told.push(told);
    const events = hotplugDecider.decide(this.state, { now: after(this.seconds), ...told });
    this.events.push(...events);
    this.state = events.reduce(hotplugDecider.evolve, this.state);
  }

  take({ what, n, way }: HotplugStep): void {
    if (what === 'crash') this.state = replay(hotplugDecider, this.events);
    if (what === 'time') this.hear(((this.seconds += 20), { type: 'TimePassed' }));
    if (what === 'again') this.hear(this.told[n % this.told.length] as HotplugTold);
    if (what === 'told' && this.waiting.length > 0) this.hear(this.waiting.splice(n % this.waiting.length, 1)[0] as HotplugTold);
    if (what === 'order') this.order(n, way);
    if (what === 'allocator') this.allocate();
    if (what === 'guest') this.letGo();
    if (what === 'agent') this.carryOutTaken();
    if (what === 'vm' && (n <= 1 || !this.world.running)) this.turnVm(n);
  }

  /** Sends one of the orders that are meant to be sent, as often as one likes. */
  private order(n: number, way: Way): void {
    const intents = hotplugIntentsOf(this.state).flatMap((one) => (one.type === 'Plug' ? [one] : []));
    const intent = intents[n % Math.max(1, intents.length)];
    if (!intent) return;
    const { command, late } = intent;
    const { commandId, deviceId } = command;
    if (!late && this.state.vmEnded) this.unasked.push(commandId);
    if (late && !this.isStillRight(command)) return this.fail(commandId, 'DEVICE_NOT_HELD');
    const known = this.world.outcomes.get(commandId);
    if (known) return void this.waiting.push(known);
    const { taken, hesitant } = this.world;
    if (way === 'silent' || taken.has(commandId)) return;
    const isUnderWay = hesitant.get(deviceId) === commandId;
    // An agent carries out one after the other, and what was asked for late is asked for when it is its turn.
    if (!isUnderWay && (way === 'slow' || taken.size > 0)) return void (late || taken.set(commandId, command));
    if (way === 'hesitant' && command.verb === 'detach' && this.world.plugged.has(deviceId)) return void hesitant.set(deviceId, commandId);
    this.carryOut(command, way);
  }

  private isStillRight({ verb, deviceId }: HotplugOrder): boolean {
    const { held, running } = this.world;
    return verb === 'attach' ? held.has(deviceId) && running : !held.has(deviceId);
  }

  private carryOutTaken(): void {
    const [order] = this.world.taken.values();
    if (!order) return;
    this.world.taken.delete(order.commandId);
    this.carryOut(order, 'late');
  }

  private carryOut({ commandId, deviceId, verb }: HotplugOrder, way: Way): void {
    const { world } = this;
    if (verb === 'attach' && !world.running) return this.answer(commandId, failure(commandId, 'VM_NOT_FOUND'), way);
    const isIdle = world.plugged.has(deviceId) === (verb === 'attach');
    if (way === 'refused' && (!isIdle || verb === 'detach')) return this.answer(commandId, failure(commandId), way);
    if (verb === 'attach') world.plugged.add(deviceId);
    else this.unplug(deviceId);
    this.answer(commandId, { type: 'Answered', outcome: { commandId, kind: verb === 'attach' ? 'attached' : 'detached' } }, way);
  }

  private unplug(deviceId: string): void {
    this.world.plugged.delete(deviceId);
    this.world.hesitant.delete(deviceId);
  }

  private letGo(): void {
    const [[deviceId, commandId] = []] = this.world.hesitant;
    if (deviceId === undefined || commandId === undefined) return;
    this.unplug(deviceId);
    this.answer(commandId, { type: 'Answered', outcome: { commandId, kind: 'detached' } }, 'late');
  }

  /** A VM ends, and what it held is released or kept; its next run begins with what it holds. */
  private turnVm(n: number): void {
    const { world } = this;
    world.running = !world.running;
    this.hasVmEnded = true;
    if (world.running) for (const deviceId of world.held) world.plugged.add(deviceId);
    else {
      for (const known of [world.plugged, world.hesitant]) known.clear();
      if (n % 2 === 0) world.held.clear();
    }
    this.waiting.push({ type: 'VmSeen', state: world.running ? 'running' : 'stopped', hostId: 'h1', receivedAt: after(this.seconds) });
  }

  private answer(commandId: string, told: HotplugTold, way: Way): void {
    this.world.outcomes.set(commandId, told);
    if (way === 'unheard') return;
    if (way === 'late') this.waiting.push(told);
    else this.hear(told);
  }

  private fail(commandId: string, code: string): void {
    this.hear(failure(commandId, code));
  }

  private allocate(): void {
    const intent = hotplugIntentsOf(this.state).find((one) => one.type === 'GiveBack');
    if (intent?.type !== 'GiveBack') return;
    const given = intent.what.flatMap((one) => ('deviceId' in one ? [one.deviceId] : [...this.world.held]));
    // What the VM's next run has is not free before its host attests that.
    for (const deviceId of given) if (!this.hasVmEnded || !this.world.plugged.has(deviceId)) this.world.held.delete(deviceId);
    this.hear({ type: 'GivenBack' });
  }

  /**
   * Plugged in and held by nobody. Of a VM's next run, what could not be unplugged is left to its host, which attests it, and
   * so is what was told to be plugged in before the end of the run before was heard of.
   */
  strays(): readonly string[] {
    const { plugged: all, held } = this.world;
    const unheld = [...all].filter((deviceId) => !held.has(deviceId));
    return this.hasVmEnded ? unheld.filter((deviceId) => !this.isStuck(deviceId) && !this.wasToldBefore(deviceId)) : unheld;
  }

  private wasToldBefore(deviceId: string): boolean {
    const heardOfEnd = this.events.findIndex(({ type }) => type === 'HotplugVmEnded');
    const before = heardOfEnd < 0 ? this.events : this.events.slice(0, heardOfEnd);
    return before.some((event) => event.type === 'HostdevPlugged' && event.data.deviceId === deviceId);
  }

  private isStuck(deviceId: string): boolean {
    const last = ordersFor(this.state, deviceId).at(-1);
    return last?.verb === 'detach' && this.events.some(({ type, data }) => type === 'HostdevCommandFailed' && data.commandId === last.commandId);
  }

  /** From now on everybody does what they are told, and what was said is heard. */
  settle(): void {
    for (let round = 0; round < 30; round += 1) for (const what of ['agent', 'order', 'told', 'allocator']) this.take({ what, n: 0, way: 'done' });
    // Agents tell what they have done until they are heard.
    for (const told of this.world.outcomes.values()) this.hear(told);
    for (let round = 0; round < 10; round += 1) this.take({ what: 'order', n: 0, way: 'done' });
  }
}

const failure = (commandId: string, code = REFUSED.code): HotplugTold => ({
  type: 'Answered',
  outcome: { commandId, kind: 'failed', code, message: REFUSED.message },
});
