import { replay } from '@vfleet/decider';
import type { DeviceMove } from '@vfleet/contracts';
import { intentsOf, type Intent } from '../domain/intents.js';
import type { Outcome } from '../domain/outcomes.js';
import { isCancellable, sagaDecider, type SagaCommandIn } from '../domain/saga.decider.js';
import { DEVICE_HELD, NOT_HELD, NO_SAGA, VM_ENDED, dueOf, hasEnded, type MigrationEvent, type Saga } from '../domain/saga.js';
import { NOW, move } from './given.js';
import { ModelAgent, type Humour, type Order } from './model-agent.js';
import { ModelAllocator } from './model-allocator.js';

type Side = 'source' | 'target';
type Words = SagaCommandIn extends infer One ? (One extends { readonly now: string } ? Omit<One, 'now'> : never) : never;

/** Something that can happen now. */
export interface Happening {
  readonly what: string;
  readonly happen: () => void;
}

export const SPARE = ['00000000000000000007', '00000000000000000008'];
const TICK_MS = 100;

/** A VM that moves between two hosts, with everybody who has a part in it; what they say is on its way until it is delivered. */
export class ModelWorld {
  saga: Saga = NO_SAGA;
  events: readonly MigrationEvent[] = [];
  vm: { readonly at: Side; readonly ended: boolean } = { at: 'source', ended: false };
  /** The platform has moved the VM without being told that it may. */
  unasked = false;
  /** The VM has ended and runs again: what its platform gives it is no part of the move. */
  anew = false;
  /** What went against a promise. */
  readonly broken: string[] = [];
  readonly log: string[] = [];
  readonly agents: Readonly<Record<Side, ModelAgent>>;
  readonly allocator: ModelAllocator;
  private inFlight: { readonly what: string; readonly words: Words }[] = [];
  private readonly orders: Record<Side, Order[]> = { source: [], target: [] };
  private platform: 'idle' | 'told' | 'done' = 'idle';
  private nowMs = Date.parse(NOW);

  constructor(readonly moves: readonly DeviceMove[]) {
    this.agents = {
      source: new ModelAgent(() => this.vm.at === 'source' && !this.vm.ended),
      target: new ModelAgent(() => this.vm.at === 'target' && !this.vm.ended),
    };
    for (const { source } of moves) this.agents.source.attached.add(source.deviceId);
    this.allocator = new ModelAllocator(moves, SPARE, (deviceId) => this.agents.target.vanished.has(deviceId));
    this.hear({ type: 'Start', migrationId: 'm1', request: { vmId: 'vm-1', targetHostId: 'h2' } });
  }

  /** What is on its way, and what the saga asks for: all of it happens sooner or later. */
  progress(): readonly Happening[] {
    return [...this.deliveries(), ...this.asks(), ...this.platformMoves()];
  }

  deliveries(): readonly Happening[] {
    return [
      ...this.inFlight.map((one) => ({ what: `heard ${one.what}`, happen: () => this.deliver(one) })),
      ...sides.flatMap((side) => this.orderTaken(side)),
      ...sides.flatMap((side) => this.orderDone(side, 'willing')),
    ];
  }

  asks(): readonly Happening[] {
    return intentsOf(this.saga).map((intent) => ({ what: `asks ${JSON.stringify(intent)}`, happen: () => this.carryOut(intent) }));
  }

  platformMoves(): readonly Happening[] {
    if (this.platform !== 'told' || this.vm.ended || this.anew) return [];
    const isBare = this.agents.source.attached.size === 0;
    return [isBare ? { what: 'VM moves', happen: () => this.moveVm() } : { what: 'platform cannot move the VM', happen: () => this.failMove() }];
  }

  /** What may go wrong, or come at a bad time. */
  mishaps(): readonly Happening[] {
    return [
      ...this.inFlight.map((one) => ({ what: `heard twice ${one.what}`, happen: () => this.hear(one.words) })),
      ...this.inFlight.filter(({ what }) => what.startsWith('reply')).map((one) => ({ what: `lost ${one.what}`, happen: () => this.lose(one) })),
      ...sides.flatMap((side) =>
        this.orders[side].slice(0, 1).map((one) => ({ what: `lost ${one.commandId}`, happen: () => void this.orders[side].shift() })),
      ),
      ...sides.flatMap((side) => [...this.orderDone(side, 'refusing'), ...this.orderDone(side, 'silent')]),
      ...this.orderDone('source', 'willing', 'mute'),
      ...sides.flatMap((side) => this.lateDeeds(side)),
      ...(this.platform === 'told' ? [{ what: 'platform fails', happen: () => this.failMove() }] : []),
      { what: 'VM tells where it runs', happen: () => this.report() },
    ];
  }

  /** What somebody wants, what breaks, and time that runs out. */
  interventions(): readonly Happening[] {
    const held = [...(this.allocator.target?.values() ?? [])].filter((id) => !this.agents.target.vanished.has(id));
    return [
      ...(isCancellable(this.saga) ? [{ what: 'cancel', happen: () => this.hear({ type: 'Cancel' }) }] : []),
      ...held.map((id) => ({ what: `${id} vanishes`, happen: () => this.vanish(id) })),
      ...(this.saga.state === 'failed' ? [{ what: 'retry', happen: () => this.hear({ type: 'Retry' }) }] : []),
      { what: 'time passes', happen: () => this.passTime() },
    ];
  }

  /** The source's hypervisor has no VM any more, and so nothing is attached there. */
  moveUnasked(): void {
    if (this.vm.ended || this.anew || this.vm.at === 'target') return;
    this.unasked = true;
    this.agents.source.attached.clear();
    this.moveVm();
  }

  endVm(): void {
    this.vm = { ...this.vm, ended: true };
    for (const side of sides) this.agents[side].attached.clear();
    this.allocator.vmEnded();
    this.report();
  }

  /** Its next run begins at the source, with what it held there. */
  startAnew(): void {
    this.anew = true;
    this.vm = { at: 'source', ended: false };
    for (const { source } of this.moves) for (const devices of [this.allocator.source, this.agents.source.attached]) devices.add(source.deviceId);
  }

  /** Attached on the target and held by nobody, though it was not in vain that it was to be unplugged. */
  strays(): readonly string[] {
    return [...this.agents.target.attached].filter((id) => !this.allocator.holdsOnTarget(id) && !this.isStuck(id));
  }

  /** It was not unplugged when it was to be; that may come later, and is undone then. */
  isStuck(deviceId: string): boolean {
    return [...this.saga.commands.values()].some(
      (one) => one.deviceId === deviceId && one.verb === 'detach' && (one.state === 'failed' || one.state === 'silent'),
    );
  }

  report(): void {
    const { at, ended } = this.vm;
    const hostId = at === 'source' ? 'h1' : 'h2';
    this.say(`VM ${ended ? 'stopped' : 'running'} at ${hostId}`, {
      type: 'VmSeen',
      state: ended ? 'stopped' : 'running',
      hostId,
      receivedAt: this.now,
    });
  }

  /** To when the next thing is late. */
  passTime(): boolean {
    const due = dueOf(this.saga);
    if (due === undefined) return false;
    this.nowMs = Math.max(this.nowMs, Date.parse(due));
    this.hear({ type: 'TimePassed' });
    return true;
  }

  hear(words: Words): void {
    this.nowMs += TICK_MS;
    const heard = sagaDecider.decide(this.saga, { ...words, now: this.now });
    this.events = [...this.events, ...heard];
    // Whoever takes over has nothing but the events.
    this.saga = replay(sagaDecider, this.events);
    for (const { type } of heard) {
      this.log.push(`  ${type}`);
      if (type === 'VmMigrationReady' && this.platform === 'idle') this.platform = 'told';
    }
  }

  private get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  private say(what: string, words: Words): void {
    this.inFlight = [...this.inFlight, { what, words }];
  }

  private lose(message: ModelWorld['inFlight'][number]): void {
    this.inFlight = this.inFlight.filter((one) => one !== message);
  }

  private deliver(message: ModelWorld['inFlight'][number]): void {
    this.lose(message);
    this.hear(message.words);
  }

  private tell(outcome: Outcome): void {
    this.say(`${outcome.commandId} ${outcome.kind}`, { type: 'Answered', outcome });
  }

  /** Orders of one connection arrive in their order. */
  private orderTaken(side: Side): readonly Happening[] {
    const take = (): void => {
      const order = this.orders[side].shift();
      const known = order && this.agents[side].take(order);
      if (known) this.tell(known);
    };
    return this.orders[side].slice(0, 1).map(({ commandId }) => ({ what: `${side} takes ${commandId}`, happen: take }));
  }

  /** `mute`: nobody is told of it unless somebody asks again. */
  private orderDone(side: Side, humour: Humour, mute?: 'mute'): readonly Happening[] {
    const agent = this.agents[side];
    const { next } = agent;
    if (!next) return [];
    const act = (): void => {
      const outcome = agent.act(next, humour);
      if (!mute) this.tell(outcome);
      if (next.verb === 'attach' && agent.attached.has(next.deviceId) && !this.isHeld(side, next.deviceId))
        this.broken.push(`${next.deviceId} is attached at the ${side} and nobody holds it`);
    };
    return [{ what: `${side} ${humour} ${mute ?? 'and told'} with ${next.commandId} (${next.verb})`, happen: act }];
  }

  /** A guest has let go of it late, and the word is on its way. */
  private isBeingTold(deviceId: string): boolean {
    return this.inFlight.some(
      ({ words }) =>
        words.type === 'Answered' && words.outcome.kind === 'detached' && this.saga.commands.get(words.outcome.commandId)?.deviceId === deviceId,
    );
  }

  private isHeld(side: Side, deviceId: string): boolean {
    return side === 'source' ? this.allocator.source.has(deviceId) : this.allocator.holdsOnTarget(deviceId);
  }

  /** What a guest does after nobody expects it any more; nobody can keep it from that. */
  private lateDeeds(side: Side): readonly Happening[] {
    return this.agents[side].late.map((order) => ({
      what: `${side} does ${order.verb} ${order.deviceId} after all`,
      happen: () => this.tell(this.agents[side].doLate(order)),
    }));
  }

  private carryOut(intent: Intent): void {
    switch (intent.type) {
      case 'Plan':
        return this.say('reply plan', { type: 'Planned', plan: this.allocator.plan(!this.vm.ended) });
      case 'Send':
        return this.send(intent.command);
      case 'AskPlatform':
        return;
      case 'Replace': {
        const { requestName, sourceDeviceId, deviceId, tried } = intent;
        const device = this.allocator.replace(sourceDeviceId, tried);
        return this.say('reply replaced', { type: 'Replaced', requestName, previousDeviceId: deviceId, device });
      }
      case 'Settle':
        return this.settle(intent.at);
    }
  }

  private send(order: Order & { readonly side: Side }): void {
    if (this.anew) return this.sendAnew(order);
    const { side, verb, deviceId } = order;
    const { past, state } = this.saga;
    if (side === 'source' && verb === 'attach' && past) this.broken.push(`${deviceId} is plugged back behind the VM`);
    if (side === 'source' && verb === 'detach' && !past && state !== 'unplugging' && !this.vm.ended)
      this.broken.push(`${deviceId} is unplugged of a VM that stays`);
    if (verb === 'attach' && side === 'target' && this.vm.at !== 'target') this.broken.push(`${deviceId} is plugged on the target without the VM`);
    const serves = this.saga.devices.some(({ where, move: { target } }) => where === 'target' && target?.deviceId === deviceId);
    if (verb === 'detach' && side === 'target' && serves && !this.vm.ended) this.broken.push(`${deviceId} serves and is unplugged`);
    this.orders[side].push(order);
  }

  /** After the end it is asked beforehand what the VM holds; before that nobody is. */
  private sendAnew(order: Order & { readonly side: Side }): void {
    const { commandId, side, verb, deviceId } = order;
    const isHeld = this.isHeld(side, deviceId);
    if (hasEnded(this.saga) && isHeld === (verb === 'detach')) {
      const code = verb === 'detach' ? DEVICE_HELD : NOT_HELD;
      return this.hear({ type: 'Answered', outcome: { commandId, kind: 'failed', code, message: 'asked beforehand' } });
    }
    if (this.saga.code === VM_ENDED && verb === 'detach' && isHeld) this.broken.push(`${deviceId} is unplugged of the VM's next run, which holds it`);
    this.orders[side].push(order);
  }

  private settle(at: Side): void {
    const ended = this.vm.ended || this.anew;
    if (!ended && !this.unasked && this.vm.at !== at) this.broken.push(`settled at the ${at} while the VM runs at the ${this.vm.at}`);
    if (
      !ended &&
      !this.unasked &&
      at === 'source' &&
      this.moves.some(({ source }) => !this.agents.source.attached.has(source.deviceId) && !this.isBeingTold(source.deviceId))
    )
      this.broken.push('settled at the source with a device unplugged');
    this.allocator.settle(at);
    this.say(`reply settled ${at}`, { type: 'Settled', at });
  }

  private moveVm(): void {
    this.platform = 'done';
    this.vm = { at: 'target', ended: false };
    this.report();
  }

  private failMove(): void {
    this.platform = 'done';
    this.say('move failed', { type: 'MoveFailed', message: 'no route' });
  }

  private vanish(deviceId: string): void {
    this.agents.target.vanished.add(deviceId);
    this.agents.target.attached.delete(deviceId);
  }
}

const sides: readonly Side[] = ['source', 'target'];

export const someMoves: readonly (readonly DeviceMove[])[] = [
  [move(1)],
  [move(1), move(2)],
  [move(1), move(2, { mode: 'detach', target: null })],
  [move(1), move(2), move(3)],
];
