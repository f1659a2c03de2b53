import { isDeepStrictEqual } from 'node:util';
import type { Link } from './bus/bus.js';
import { Bus } from './bus/bus.js';
import { aDisk, startAgent, type Disk } from './actors/agent.js';
import { startAllocator, type RunningAllocator } from './actors/allocator.js';
import { Fleet } from './actors/fleet.js';
import { projectedAnew, projectedTo, startInventory } from './actors/inventory.js';
import { startMigrator, type RunningMigrator } from './actors/migrator.js';
import { PlatformActor } from './actors/platform.js';
import type { Surroundings } from './actors/process.js';
import { LogCheck } from './checks/log-check.js';
import { compareMemory } from './checks/memory-check.js';
import { unsettled } from './checks/end-check.js';
import { Deeds } from './deeds.js';
import { HOSTS, UNREST_MS, VMS, type Plan } from './plan.js';
import { randomOf } from './random.js';
import type { Guard } from './store/record.js';
import { Store } from './store/store.js';
import type { StoredEvent } from './store/tables.js';
import type { Life } from './time/life.js';
import { underVirtualTime } from './time/virtual-time.js';
import { World } from './time/world.js';

/** A promise that was not kept. */
export interface Violation {
  /** `I1` to `I10`, `E1` to `E4`. */
  readonly promise: string;
  readonly what: string;
  /** Milliseconds since the beginning. */
  readonly at: number;
}

export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  readonly events: number;
  readonly violation: Violation | undefined;
  /** How often each kind of deed was done. */
  readonly done: ReadonlyMap<string, number>;
  /** A digest of the log: the same run twice has the same. */
  readonly log: string;
}

export interface RunOptions {
  readonly without?: Guard;
  /** Told of everything that the processes log, and of every event. */
  readonly tell?: (line: string) => void;
}

/** Each run has days of its own, so that ids of one never look older than those of another. */
const BEGINNING = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
let runs = 0;

/** How long it may take until everything is in order again, once nothing goes wrong any more. */
const HEAL_MS = 90_000;
const RECONCILE_MS = 4_000;
/** How often rows and memory are compared with the log while the run goes on. */
const COMPARE_EVERY_MS = 4_000;
const RESTART_MS = 600;
/** How soon the relay has to say that its copy is ahead. */
const ALARM_MS = 20_000;

/** One seed, one run. */
export const runPlan = async (seed: number, plan: Plan, options: RunOptions = {}): Promise<RunResult> => {
  const world = new World(randomOf(seed), BEGINNING + (runs += 1) * DAY_MS);
  const restore = underVirtualTime(world);
  try {
    return await new Run(seed, plan, world, options).play();
  } finally {
    restore();
  }
};

/** Everything of one run: the world, its processes, and those who look on. */
export class Run {
  readonly store: Store;
  readonly bus: Bus;
  readonly fleet = new Fleet(HOSTS, VMS);
  readonly platform: PlatformActor;
  readonly links = new Map<string, Link>(HOSTS.map((hostId) => [hostId, { cut: false }]));
  readonly humours = new Map<string, { readonly humour: 'refusing' | 'silent'; count: number }>();
  readonly deadLetters: string[] = [];
  /** The log was cut short under its copy: what follows is the operator's to decide. */
  failedOver = false;
  /** Up to where the copy was then. What an owner of before had on its way may come after that, unseen. */
  copiedBefore = 0;
  allocators: RunningAllocator[] = [];
  migrator: RunningMigrator;
  inventory: Life;
  readonly agents = new Map<string, Life>();
  private readonly surroundings: Surroundings;
  log: LogCheck;
  private readonly disks = new Map<string, Disk>(HOSTS.map((hostId) => [hostId, aDisk()]));
  private violation: Violation | undefined;
  private readonly start: number;
  private readonly deeds: Deeds;
  private generation = 0;

  constructor(
    readonly seed: number,
    readonly plan: Plan,
    readonly world: World,
    private readonly options: RunOptions,
  ) {
    this.start = world.now;
    this.log = this.aLogCheck();
    this.store = new Store(world, (events) => this.committed(events), options.without);
    this.bus = new Bus(world);
    this.surroundings = {
      world,
      store: this.store,
      bus: this.bus,
      log: (who, message, fields) => options.tell?.(`${this.elapsed} ${who}: ${message} ${JSON.stringify(fields)}`),
    };
    this.platform = new PlatformActor(this.surroundings, this.fleet);
    this.deeds = new Deeds(this);
    this.bus.events.follow(() => this.copied());
    this.allocators = [this.anAllocator(), this.anAllocator()];
    this.migrator = this.aMigrator();
    this.inventory = this.anInventory();
    for (const hostId of HOSTS) this.anAgent(hostId);
  }

  get elapsed(): number {
    return Math.round(this.world.now - this.start);
  }

  async play(): Promise<RunResult> {
    const { world, plan, bus, platform } = this;
    Object.assign(bus, { doubling: plan.doubling, losing: plan.losing });
    platform.losing = plan.untold;
    this.deeds.schedule(plan);
    const rounds = setIntervalOf(world, COMPARE_EVERY_MS, () => (this.compareDue = true));
    await this.goOn(this.start + UNREST_MS);
    if (this.failedOver) await this.hearAlarm();
    else await this.heal();
    rounds.cancelled = true;
    const { done } = this.deeds;
    return { seed: this.seed, steps: world.steps, events: this.store.tables.head, violation: this.violation, done, log: this.digest() };
  }

  /** The active one, as far as one is. */
  get active(): RunningAllocator | undefined {
    return this.allocators.filter(({ life, desk }) => !life.ended && desk() !== undefined).at(-1);
  }

  /** The log is another one from now on: what was in it and is no more does not count. */
  beginAnew(): void {
    this.log = this.aLogCheck();
    for (const event of this.store.tables.events) this.log.fold(event);
  }

  private aLogCheck(): LogCheck {
    return new LogCheck((promise, what) => this.complain(promise, what));
  }

  complain(promise: string, what: string): void {
    this.violation ??= { promise, what, at: this.elapsed };
  }

  private compareDue = false;

  /** Steps until the moment, until it is enough, or until a promise is broken. */
  private async goOn(until: number, isEnough: () => boolean = () => false): Promise<void> {
    while (!this.violation && !isEnough() && (await this.world.step(until))) {
      const [broken] = this.fleet.broken;
      if (broken) this.complain('I1', broken);
      if (this.compareDue) await this.compare();
    }
  }

  /** I7 where the log was cut short: the relay says so, and writes nothing, or there is nothing to be said. */
  private async hearAlarm(): Promise<void> {
    const isAlarmed = (): boolean => this.allocators.some((one) => one.relay()?.halt !== undefined);
    await this.goOn(this.world.now + ALARM_MS, isAlarmed);
    if (!this.violation && !isAlarmed() && !this.isTrue(this.bus.events.last))
      this.complain('I7', 'nobody is told that the copy is ahead of the log');
  }

  /** Nothing goes wrong any more: after some rounds of telling everything is in its place. */
  private async heal(): Promise<void> {
    const { world, bus, platform, links, humours } = this;
    Object.assign(bus, { doubling: 0, losing: 0 });
    platform.losing = 0;
    platform.failing = 0;
    humours.clear();
    for (const link of links.values()) link.cut = false;
    const until = world.now + HEAL_MS;
    let left: readonly (readonly [string, string])[] = [];
    while (!this.violation && world.now < until) {
      platform.reconcile();
      await this.goOn(world.now + RECONCILE_MS);
      left = unsettled(this);
      if (left.length === 0) break;
    }
    const [first] = left;
    if (first && !this.violation) this.complain(...first);
    if (!this.violation) await this.compare();
  }

  private committed(events: readonly StoredEvent[]): void {
    const { tell } = this.options;
    if (tell) for (const { position, stream, type, data } of events) tell(`${this.elapsed} #${position} ${stream} ${type} ${JSON.stringify(data)}`);
    this.log.take(events);
    this.log.compare(this.store.tables.claims);
  }

  /** I7: the copy's newest message is the log's event of that position. After a fail-over nothing may follow what is not. */
  private copied(): void {
    const { last } = this.bus.events;
    if (!this.failedOver) {
      if (!this.isTrue(last)) this.complain('I7', `the copy has something else at ${last} than the log`);
    } else if (last - 1 <= this.copiedBefore && this.isTrue(last) && !this.isTrue(last - 1))
      this.complain('I7', `the copy goes on at ${last} behind what is not in the log`);
  }

  /** Whether the copy has at a sequence what the log has there, as far as the copy has anything there. */
  private isTrue(sequence: number): boolean {
    const message = this.bus.events.get(sequence);
    return message === undefined || message.msgId === this.store.tables.events[sequence - 1]?.id;
  }

  /** I8, where nobody is writing just now. */
  private async compare(): Promise<void> {
    this.compareDue = false;
    if (this.failedOver) return;
    const { tables } = this.store;
    const reached = projectedTo(this.store);
    if (!this.store.isWriting) {
      const rows = await projectedAnew(tables.events.slice(0, reached));
      const kept = new Map([...tables.rows].filter(([, row]) => row !== undefined));
      for (const key of new Set([...rows.keys(), ...kept.keys()]))
        if (!isDeepStrictEqual(rows.get(key), kept.get(key)))
          this.complain('I8', `row ${key} is not what the log comes to: ${JSON.stringify(kept.get(key))} ${JSON.stringify(rows.get(key))}`);
    }
    const { active } = this;
    if (active?.desk()?.depth === 0 && isCaughtUp(active, tables.heads))
      compareMemory(active.memory, tables.events, (...said) => this.complain(...said));
  }

  private digest(): string {
    return this.store.tables.events.map(({ stream, version, type }) => `${stream.replace(/^(migration)-.*/, '$1')} ${version} ${type}`).join('\n');
  }

  private anAllocator(): RunningAllocator {
    const one = startAllocator(this.surroundings, `allocator ${(this.generation += 1)}`, (subject) => this.deadLetters.push(subject));
    this.again(one.life, () => {
      this.allocators = [...this.allocators.filter((other) => other !== one), this.anAllocator()];
    });
    return one;
  }

  private aMigrator(): RunningMigrator {
    const one = startMigrator(this.surroundings, `migrator ${(this.generation += 1)}`);
    this.again(one.life, () => (this.migrator = this.aMigrator()));
    return one;
  }

  private anInventory(): Life {
    const life = startInventory(this.surroundings, `inventory ${(this.generation += 1)}`);
    this.again(life, () => (this.inventory = this.anInventory()));
    return life;
  }

  private anAgent(hostId: string): void {
    const { surroundings, fleet, humours } = this;
    const humour = (): 'willing' | 'refusing' | 'silent' => {
      const mood = humours.get(hostId);
      if (!mood || mood.count === 0) return 'willing';
      mood.count -= 1;
      return mood.humour;
    };
    const link = this.links.get(hostId) as Link;
    const disk = this.disks.get(hostId) as Disk;
    const life = startAgent(
      { surroundings, fleet, hostId, link, disk, humour, onOrder: () => undefined },
      `agent ${hostId} ${(this.generation += 1)}`,
    );
    this.agents.set(hostId, life);
    this.again(life, () => this.anAgent(hostId));
  }

  /** Whoever watches over processes starts another one. */
  private again(life: Life, start: () => void): void {
    life.onEnd(() => void this.world.after(RESTART_MS * (0.5 + this.world.random.next()), undefined, start));
  }
}

const setIntervalOf = (world: World, milliseconds: number, work: () => void): { cancelled: boolean } => {
  const state = { cancelled: false };
  const round = (): void => {
    if (state.cancelled) return;
    work();
    world.after(milliseconds, undefined, round);
  };
  world.after(milliseconds, undefined, round);
  return state;
};

const isCaughtUp = ({ memory }: RunningAllocator, heads: ReadonlyMap<string, number>): boolean =>
  [...heads].every(([stream, version]) => stream.startsWith('migration-') || memory.version(stream) === version);
