import type { Outcome } from '../domain/outcomes.js';
import type { SagaCommand } from '../domain/saga.js';

export type Order = Pick<SagaCommand, 'commandId' | 'verb' | 'deviceId'>;
/** How a guest and its hypervisor take an order. */
export type Humour = 'willing' | 'refusing' | 'silent';

interface Taken {
  readonly order: Order;
  readonly outcome?: Outcome;
}

/** An agent and its hypervisor, as far as one VM is concerned: orders one after the other, the same answer to the same order. */
export class ModelAgent {
  readonly attached = new Set<string>();
  readonly vanished = new Set<string>();
  private readonly taken = new Map<string, Taken>();

  constructor(private readonly hasVm: () => boolean) {}

  /** The outcome, where the order has one already. */
  take(order: Order): Outcome | undefined {
    const known = this.taken.get(order.commandId);
    if (!known) this.taken.set(order.commandId, { order });
    return known?.outcome;
  }

  /** What it has to do next. */
  get next(): Order | undefined {
    return [...this.taken.values()].find(({ outcome }) => outcome === undefined)?.order;
  }

  act({ commandId, verb, deviceId }: Order, humour: Humour): Outcome {
    const outcome = verb === 'attach' ? this.attach(commandId, deviceId, humour) : this.detach(commandId, deviceId, humour);
    this.taken.set(commandId, { order: { commandId, verb, deviceId }, outcome });
    return outcome;
  }

  /** Orders that were not followed in time: they may be yet, unless another one was followed since. To plug in what is still in changes nothing of that. */
  get late(): readonly Order[] {
    const isIdle = ({ order, outcome }: Taken): boolean => order.verb === 'attach' && outcome?.kind === 'attached' && this.isOpen(order);
    const newest = new Map([...this.taken.values()].filter((one) => !isIdle(one)).map((one) => [one.order.deviceId, one]));
    return [...newest.values()]
      .filter(({ order, outcome }) => outcome?.kind === 'failed' && outcome.code !== 'DEVICE_NOT_FOUND' && this.isPossible(order))
      .map(({ order }) => order);
  }

  doLate(order: Order): Outcome {
    if (order.verb === 'attach') this.attached.add(order.deviceId);
    else this.attached.delete(order.deviceId);
    const outcome: Outcome = { commandId: order.commandId, kind: order.verb === 'attach' ? 'attached' : 'detached' };
    this.taken.set(order.commandId, { order, outcome });
    return outcome;
  }

  /** A guest was told to let go of its device before that order, and has not. */
  private isOpen({ commandId, deviceId }: Order): boolean {
    const before = [...this.taken.values()].filter(({ order }) => order.deviceId === deviceId);
    const place = before.findIndex(({ order }) => order.commandId === commandId);
    return before.slice(0, place).findLast(({ order }) => order.verb === 'detach')?.outcome?.kind === 'failed';
  }

  private isPossible({ verb, deviceId }: Order): boolean {
    const isAttached = this.attached.has(deviceId);
    return verb === 'detach' ? isAttached : !isAttached && this.hasVm() && !this.vanished.has(deviceId);
  }

  private attach(commandId: string, deviceId: string, humour: Humour): Outcome {
    if (this.attached.has(deviceId)) return { commandId, kind: 'attached' };
    if (!this.hasVm()) return { commandId, kind: 'failed', code: 'VM_NOT_FOUND', message: 'not here' };
    if (this.vanished.has(deviceId)) return { commandId, kind: 'failed', code: 'DEVICE_NOT_FOUND', message: 'gone' };
    if (humour !== 'willing') return unwilling(commandId, humour);
    this.attached.add(deviceId);
    return { commandId, kind: 'attached' };
  }

  private detach(commandId: string, deviceId: string, humour: Humour): Outcome {
    if (this.attached.has(deviceId) && humour !== 'willing') return unwilling(commandId, humour);
    this.attached.delete(deviceId);
    return { commandId, kind: 'detached' };
  }
}

const unwilling = (commandId: string, humour: Humour): Outcome => ({
  commandId,
  kind: 'failed',
  code: humour === 'silent' ? 'TIMEOUT' : 'GUEST_REFUSED',
  message: 'no',
});
