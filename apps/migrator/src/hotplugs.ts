import { ApiError, notFound, type DetachedFromVm, type Reservation } from '@vfleet/contracts';
import { uuidv7 } from 'uuidv7';
import { busy } from './busy.js';
import { hasHotplugEnded, toHotplugDevices, type Hotplug, type HotplugWish } from './domain/hotplug.js';
import type { Allocator } from './outbound/allocator.js';
import type { SagaDesk } from './saga-desk.js';
import { Waiting } from './waiting.js';

/** How long a caller waits at most: that a device is plugged in vain, and unplugged again, both until their deadlines. */
const REPLY_WITHIN_MS = 90_000;

/** Has devices attached and detached, and tells whoever asked what came of it. */
export class Hotplugs {
  private readonly waiting = new Waiting<Hotplug>();
  private readonly refusals = new Map<string, ApiError>();

  constructor(
    private readonly desk: () => SagaDesk,
    private readonly allocator: Allocator,
  ) {}

  /** @throws ApiError as `run` does */
  async attach(vmId: string, devices: Extract<HotplugWish, { verb: 'attach' }>['devices']): Promise<Reservation> {
    await this.run(vmId, { verb: 'attach', devices });
    const reservation = await this.reservationOf(vmId);
    if (!reservation) throw notFound('RESERVATION', `of VM ${vmId}`);
    return reservation;
  }

  /** @throws ApiError as `run` does */
  async detach(vmId: string, which: { readonly requestName?: string; readonly deviceId?: string }): Promise<DetachedFromVm> {
    await this.run(vmId, { verb: 'detach', ...which });
    const reservation = await this.reservationOf(vmId);
    return { vmId, reservation, devices: reservation?.devices ?? [] };
  }

  /** One has changed: whoever waits for it is told once it has ended. */
  look(hotplug: Hotplug): void {
    if (hasHotplugEnded(hotplug)) this.waiting.tell(hotplug.migrationId, hotplug);
  }

  /** The allocator's own words are for whoever waits, once the refusal is committed. */
  refused(operationId: string, error: ApiError): void {
    if (this.waiting.has(operationId)) this.refusals.set(operationId, error);
  }

  /** Nobody has to wait for an instance that stops: the next one goes on. */
  stop(): void {
    for (const operationId of this.waiting.ids) this.waiting.refuse(operationId, goesOn(operationId));
  }

  /** @throws ApiError 409 while something is under way with the VM, 422 with what failed and where every device is, 503 while it goes on */
  private async run(vmId: string, wish: HotplugWish): Promise<void> {
    const migrationId = uuidv7();
    const ended = this.waiting.for(migrationId, REPLY_WITHIN_MS, () => goesOn(migrationId));
    const { busyWith } = await this.desk().submit(migrationId, { type: 'Hotplug', migrationId, vmId, wish, now: new Date().toISOString() });
    if (busyWith) this.waiting.refuse(migrationId, busy(busyWith));
    const hotplug = await ended;
    const refusal = this.refusals.get(migrationId);
    this.refusals.delete(migrationId);
    if (refusal) throw refusal;
    const { state, code = 'TIMEOUT', message = '' } = hotplug;
    if (state !== 'completed') throw new ApiError(422, code, message, { operationId: migrationId, devices: toHotplugDevices(hotplug) });
  }

  private async reservationOf(vmId: string): Promise<Reservation | null> {
    try {
      return (await this.allocator.ask('vms.inspect', { vmId })).reservation;
    } catch (error) {
      // A VM that nobody has told of is known by what it holds alone.
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }
}

const goesOn = (operationId: string): ApiError =>
  new ApiError(503, 'UNAVAILABLE', `operation ${operationId} takes longer and goes on; vms.get tells what the VM holds`, { operationId });
