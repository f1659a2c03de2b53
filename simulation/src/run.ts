import { Bus } from './bus/bus.js';
import { Fleet } from './actors/fleet.js';
import { projectedTo } from './actors/inventory.js';
import { PlatformActor } from './actors/platform.js';
import type { Surroundings } from './actors/process.js';
import { Processes } from './actors/processes.js';
import { CopyCheck } from './checks/copy-check.js';
import { unsettled } from './checks/end-check.js';
import { LogCheck } from './checks/log-check.js';
import { compareMemory, isCaughtUp } from './checks/memory-check.js';
import { compareSender, isOrder } from './checks/order-check.js';
import { compareRows } from './checks/rows-check.js';
import { Deeds } from './deeds.js';
import { HOSTS, UNREST_MS, VMS, type Plan } from './plan.js';
import { randomOf } from './random.js';
import { Store } from './store/store.js';
import type { StoredEvent } from './store/tables.js';
import { underVirtualTime } from './time/virtual-time.js';
import type { Life } from './time/life.js';
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
  readonly processes: Processes;
  readonly deadLetters: string[] = [];
  log: LogCheck;
  /** The log was cut short under its copy: what follows is the operator's to decide. */
  private wasCutShort = false;
  private readonly copy: CopyCheck;
  private violation: Violation | undefined;
  private compareDue = false;
  private readonly start: number;
  private readonly deeds: Deeds;
  private readonly complain = (promise: string, what: string): void => {
    this.violation ??= { promise, what, at: this.elapsed };
  };

  constructor(
    readonly seed: number,
    readonly plan: Plan,
    readonly world: World,
    private readonly options: RunOptions,
  ) {
    this.start = world.now;
    this.log = new LogCheck(this.complain);
    this.store = new Store(world, (events) => this.committed(events));
    this.bus = new Bus(world, (life, subject) => this.asked(life, subject));
    const surroundings: Surroundings = {
      world,
      store: this.store,
      bus: this.bus,
      log: (who, message, fields) => options.tell?.(`${this.elapsed} ${who}: ${message} ${JSON.stringify(fields)}`),
    };
    this.platform = new PlatformActor(surroundings, this.fleet);
    this.deeds = new Deeds(this);
    this.copy = new CopyCheck(this.bus.events, () => this.store.tables.events, this.complain);
    this.bus.events.watch(() => this.copy.look(this.wasCutShort));
    this.processes = new Processes({ surroundings, fleet: this.fleet, onDeadLetter: (subject) => this.deadLetters.push(subject) });
  }

  get elapsed(): number {
    return Math.round(this.world.now - this.start);
  }

  async play(): Promise<RunResult> {
    const { world, plan, bus, platform, deeds } = this;
    Object.assign(bus, { doubling: plan.doubling, losing: plan.losing });
    platform.losing = plan.untold;
    deeds.schedule(plan);
    const compareSoon = (): void => {
      this.compareDue = true;
      world.after(COMPARE_EVERY_MS, undefined, compareSoon);
    };
    world.after(COMPARE_EVERY_MS, undefined, compareSoon);
    await this.goOn(this.start + UNREST_MS);
    if (this.wasCutShort) await this.hearAlarm();
    else await this.heal();
    return { seed: this.seed, steps: world.steps, events: this.store.tables.head, violation: this.violation, done: deeds.done, log: this.digest() };
  }

  /** The log is another one from now on: what was in it and is no more does not count. */
  beginAnew(): void {
    this.wasCutShort = true;
    this.log = new LogCheck(this.complain);
    for (const event of this.store.tables.events) this.log.fold(event);
  }

  /** Steps until the moment, until it is enough, or until a promise is broken. */
  private async goOn(until: number, isEnough: () => boolean = () => false): Promise<void> {
    while (!this.violation && !isEnough() && (await this.world.step(until))) {
      const [broken] = this.fleet.broken;
      if (broken && !this.wasCutShort) this.complain('I1', broken);
      if (this.compareDue) await this.compare();
    }
  }

  /** Where the log was cut short: the relay says so, and writes nothing, or there is nothing to be said. */
  private async hearAlarm(): Promise<void> {
    const isAlarmed = (): boolean => this.processes.allocators.some((one) => one.relay()?.halt !== undefined);
    await this.goOn(this.world.now + ALARM_MS, isAlarmed);
    this.copy.demandAlarm(isAlarmed());
  }

  /** Nothing goes wrong any more: after some rounds of telling everything is in its place. */
  private async heal(): Promise<void> {
    const { world, bus, platform } = this;
    Object.assign(bus, { doubling: 0, losing: 0 });
    Object.assign(platform, { losing: 0, failing: 0 });
    this.processes.heal();
    const until = world.now + HEAL_MS;
    let left: readonly (readonly [string, string])[] = [];
    while (!this.violation && world.now < until) {
      platform.reconcile();
      await this.goOn(world.now + RECONCILE_MS);
      left = unsettled(this);
      if (left.length === 0) break;
    }
    const [first] = left;
    if (first) this.complain(...first);
    if (!this.violation) await this.compare();
  }

  private asked(life: Life, subject: string): void {
    if (this.wasCutShort || !isOrder(subject)) return;
    compareSender(subject, this.processes.migratorOf(life), this.store.tables.leases.get('migrator')?.fence, this.complain);
  }

  private committed(events: readonly StoredEvent[]): void {
    const { tell } = this.options;
    const { leases, claims } = this.store.tables;
    if (tell) for (const { position, stream, type, data } of events) tell(`${this.elapsed} #${position} ${stream} ${type} ${JSON.stringify(data)}`);
    this.log.take(events, leases);
    this.log.compare(claims);
    this.deeds.committed(events);
  }

  /** I8, where nobody is writing just now. */
  private async compare(): Promise<void> {
    this.compareDue = false;
    if (this.wasCutShort) return;
    const { tables, isWriting } = this.store;
    if (!isWriting) await compareRows(tables.rows, tables.events.slice(0, projectedTo(this.store)), this.complain);
    const owner = this.processes.ownerOf(tables.leases.get('allocator')?.fence);
    if (owner?.desk()?.depth === 0 && isCaughtUp(owner.memory, tables.heads)) compareMemory(owner.memory, tables.events, this.complain);
  }

  private digest(): string {
    return this.store.tables.events.map(({ stream, version, type }) => `${stream.replace(/^(migration)-.*/, '$1')} ${version} ${type}`).join('\n');
  }
}
