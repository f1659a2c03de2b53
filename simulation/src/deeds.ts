import { WISHES, type Function, type Machine } from './actors/machine.js';
import { Link } from './bus/link.js';
import type { Deed, Plan } from './plan.js';
import type { Run } from './run.js';
import type { StoredEvent } from './store/tables.js';
import type { Life } from './time/life.js';

/** Deadlines of moves, in seconds: a run has no time for the usual ones. */
const POLICY = { name: 'short', mode: 'hotplug', match: 'selector', deadlines: { unplug: 2, migrate: 6, plug: 2 } } as const;
const POLICY_AT_MS = 900;
/** Events after which an agent is told to do something. */
const ORDERS: ReadonlySet<string> = new Set(['HostdevPlugRequested', 'HostdevUnplugRequested']);
/** What a replica takes to become the primary. */
const FAIL_OVER_MS = 1_500;

/** Does what a plan says, and counts it. */
export class Deeds {
  readonly done = new Map<string, number>();
  /** So long the migrator is to sleep that writes down the next order. */
  private orderSleeps: number | undefined;

  constructor(private readonly run: Run) {}

  schedule({ entries }: Plan): void {
    const { world, platform } = this.run;
    const policy = (): void => platform.request('simulation.allocator', { type: 'PutPolicy', policy: POLICY });
    for (const at of [POLICY_AT_MS, 2 * POLICY_AT_MS]) world.after(at, undefined, policy);
    for (const { at, deed } of entries) world.after(at, undefined, () => this.perform(deed));
  }

  /** Something was committed; whoever did it does not know yet. */
  committed(events: readonly StoredEvent[]): void {
    if (this.orderSleeps === undefined || !events.some(({ type }) => ORDERS.has(type))) return;
    this.sleep(this.run.processes.moving?.life, this.orderSleeps);
    this.orderSleeps = undefined;
  }

  private perform(deed: Deed): void {
    this.done.set(deed.what, (this.done.get(deed.what) ?? 0) + 1);
    const { platform, world, store, bus } = this.run;
    switch (deed.what) {
      case 'start VM':
        return world.as(platform.life, () => void platform.start(deed.vmId, deed.hostId, WISHES[deed.wish] ?? []));
      case 'end VM':
        return platform.stop(deed.vmId, deed.how);
      case 'move VM':
        return platform.request('vfleet.api.migrations.start', {
          vmId: deed.vmId,
          ...(deed.targetHostId !== undefined && { targetHostId: deed.targetHostId }),
        });
      case 'cancel move':
        return platform.request('vfleet.api.migrations.cancel', { vmId: deed.vmId });
      case 'attach to VM':
        return platform.request('vfleet.api.vms.attach', { vmId: deed.vmId, devices: [{ name: 'added', ...WISHES[deed.wish]?.[0] }] });
      case 'detach from VM':
        return platform.request('vfleet.api.vms.detach', { vmId: deed.vmId, requestName: deed.requestName });
      case 'repeat fact':
        return platform.repeat(deed.vmId);
      case 'cordon':
      case 'uncordon':
        return this.cordon(deed.what, deed.hostId, deed.place);
      case 'pull out':
      case 'plug in':
        return this.move(deed.hostId, deed.place, deed.what === 'pull out');
      case 'kill':
        return this.lifeOf(deed.who)?.end();
      case 'kill agent':
        return this.run.processes.agents.get(deed.hostId)?.end();
      case 'put to sleep':
        return this.sleep(this.lifeOf(deed.who), deed.milliseconds);
      case 'put to sleep before an order':
        this.orderSleeps = deed.milliseconds;
        return undefined;
      case 'hold up':
        return this.holdUp(this.lifeOf(deed.who), deed.towards, deed.milliseconds);
      case 'cut off':
        return this.cutOff(deed.hostId, deed.silently, deed.milliseconds);
      case 'stop the store':
        store.awayUntil = world.now + deed.milliseconds;
        return undefined;
      case 'lose answers of the store':
        store.answersToLose += deed.count;
        return undefined;
      case 'leave appends':
        store.appendsToLeave = { count: deed.count, milliseconds: deed.milliseconds };
        return undefined;
      case 'truncate the stream':
        return bus.events.truncate(deed.count);
      case 'purge the stream':
        return bus.events.purge();
      case 'wipe the stream':
        return bus.events.wipe();
      case 'upset guests':
        this.run.processes.humours.set(deed.hostId, { humour: deed.humour, count: deed.count });
        return undefined;
      case 'fail moves':
        platform.failing += deed.count;
        return undefined;
      case 'send poison':
        return void bus
          .publishFact(undefined, new Link(), `vfleet.in.vm.${deed.vmId}.VmStateChanged`, { vmId: deed.vmId, state: 'poisoned' }, undefined)
          .catch(() => undefined);
      case 'fail over':
        return this.failOver(deed.commits);
    }
  }

  private lifeOf(who: 'allocator' | 'standby' | 'migrator' | 'inventory'): Life | undefined {
    const { active, allocators, moving, inventory } = this.run.processes;
    if (who === 'migrator') return moving?.life;
    if (who === 'inventory') return inventory;
    return who === 'allocator' ? active?.life : allocators.find((one) => one !== active)?.life;
  }

  private sleep(life: Life | undefined, milliseconds: number): void {
    if (life) life.asleepUntil = this.run.world.now + milliseconds;
  }

  private holdUp(life: Life | undefined, towards: 'store' | 'copy', milliseconds: number): void {
    if (life) life.heldUpUntil[towards] = this.run.world.now + milliseconds;
  }

  private cutOff(hostId: string, silently: boolean, milliseconds: number): void {
    const link = this.run.processes.links.get(hostId);
    if (!link) return;
    if (silently) link.stall();
    else link.cut();
    this.run.world.after(milliseconds, undefined, () => link.mend());
  }

  private cordon(what: 'cordon' | 'uncordon', hostId: string, place: number): void {
    const { platform, fleet } = this.run;
    const { deviceId } = fleet.machine(hostId).functions[place] as Function;
    platform.request('simulation.allocator', { type: what === 'cordon' ? 'CordonDevice' : 'UncordonDevice', request: { hostId, deviceId } });
  }

  /** A card is pulled out, with whatever stands on it, or plugged in again. */
  private move(hostId: string, place: number, gone: boolean): void {
    const machine: Machine = this.run.fleet.machine(hostId);
    const chosen = machine.functions[place] as Function;
    for (const one of machine.functions) {
      if (one.seen.address.slice(0, 7) !== chosen.seen.address.slice(0, 7)) continue;
      one.gone = gone;
      if (gone) machine.attached.delete(one.deviceId);
    }
  }

  private failOver(commits: number): void {
    const { store, world } = this.run;
    store.failOver(commits);
    this.run.beginAnew();
    store.awayUntil = world.now + FAIL_OVER_MS;
  }
}
