import { ApiError, PLATFORM_MIGRATE_SUBJECT, vmFactSubject, type MigrateVm, type Reservation } from '@vfleet/contracts';
import { ask } from '@vfleet/service-kit';
import type { NatsConnection } from '@nats-io/transport-node';
import { Link } from '../bus/link.js';
import type { Life } from '../time/life.js';
import type { ActualVm, Fleet } from './fleet.js';
import type { Surroundings } from './process.js';

/** What the platform takes for things, at most. */
const BOOT_MS = 300;
const MOVE_MS = 1_500;
const AGAIN_MS = 700;
const REPORT_WITHIN_MS = 2_500;
const CONNECTIONS = 3;

/**
 * Whoever starts, stops and moves VMs. It never crashes, for what it does is what really happens; what it says of it takes
 * the same bus as everything else.
 */
export class PlatformActor {
  readonly life: Life;
  /** How many of its facts are told out of order, again, or not at all. */
  losing = 0;
  private readonly nats: NatsConnection;
  private readonly link = new Link();
  /** It tells over several connections, so that what it tells may come in another order. */
  private readonly links = Array.from({ length: CONNECTIONS }, () => new Link());
  private told = 0;
  private readonly moving = new Set<string>();
  /** Moves that are not to succeed. */
  failing = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly fleet: Fleet,
  ) {
    this.life = surroundings.world.begin('platform');
    this.nats = surroundings.bus.connectionOf(this.life, this.link);
    surroundings.bus.serve(this.life, this.link, PLATFORM_MIGRATE_SUBJECT, (order: MigrateVm) => this.migrate(order));
  }

  /** Starts a VM once somebody says which devices it has; until then it asks. */
  async start(vmId: string, hostId: string | undefined, wish: readonly object[]): Promise<void> {
    const vm = this.vm(vmId);
    if (vm.state !== 'off') return;
    Object.assign(vm, { state: 'starting', hostId: hostId ?? '', wish });
    const { sequence } = this.note(vm, 'starting');
    const isOver = (): boolean => vm.state !== 'starting' || vm.sequence !== sequence;
    while (!isOver()) {
      const outcome = await this.report(vm);
      if (isOver()) return;
      if (outcome === 'refused') return this.end(vm, 'stopped');
      if (outcome) return this.boot(vm, outcome, sequence);
      await this.wait(AGAIN_MS);
    }
  }

  stop(vmId: string, how: 'stopped' | 'crashed' | 'destroyed'): void {
    const vm = this.vm(vmId);
    if (vm.state !== 'off') this.end(vm, how);
  }

  /** Says again what it said of a VM some time ago. */
  repeat(vmId: string): void {
    const vm = this.vm(vmId);
    if (vm.newest) this.tell(vm, { ...vm.newest });
  }

  request(subject: string, body: object): void {
    this.surroundings.world.as(this.life, () => void ask(this.nats, subject, body, REPORT_WITHIN_MS).catch(() => undefined));
  }

  /** Tells the newest state of every VM: what went astray is mended. */
  reconcile(): void {
    for (const vm of this.fleet.vms.values()) if (vm.newest) this.tell(vm, vm.newest);
  }

  private async report(vm: ActualVm): Promise<Reservation | 'refused' | undefined> {
    try {
      const outcome = (await ask(this.nats, 'vfleet.api.vms.report', vm.newest ?? {}, REPORT_WITHIN_MS)) as {
        readonly outcome: string;
        readonly reservation?: Reservation;
      };
      return outcome.reservation ?? 'refused';
    } catch (error) {
      return error instanceof ApiError && error.status < 429 ? 'refused' : undefined;
    }
  }

  private async boot(vm: ActualVm, { hostId, devices }: Reservation, sequence: number): Promise<void> {
    await this.wait(this.surroundings.world.random.next() * BOOT_MS);
    if (vm.state !== 'starting' || vm.sequence !== sequence) return;
    vm.hostId = hostId;
    for (const { deviceId } of devices) {
      const machine = this.fleet.machine(hostId);
      if (machine.addressOf(deviceId) === undefined) return this.end(vm, 'error');
      if (!this.fleet.attach(hostId, deviceId, vm.vmId)) {
        this.fleet.broken.push(`I1: ${vm.vmId} was given ${deviceId} on ${hostId}, which ${machine.attached.get(deviceId)} has`);
        return this.end(vm, 'error');
      }
    }
    vm.state = 'running';
    this.note(vm, 'running');
    this.tell(vm, vm.newest ?? {});
  }

  private end(vm: ActualVm, how: string): void {
    vm.state = 'off';
    for (const machine of this.fleet.machines.values()) machine.letGo(vm.vmId);
    this.note(vm, how);
    this.tell(vm, vm.newest ?? {});
  }

  /** Moves a VM, where nothing is plugged in any more. */
  private migrate({ migrationId, vmId, sourceHostId, targetHostId }: MigrateVm): object {
    const vm = this.vm(vmId);
    const key = `${migrationId} ${vmId}`;
    if (this.moving.has(key)) return {};
    if (vm.state !== 'running' || vm.hostId !== sourceHostId) throw new ApiError(409, 'VM_NOT_RUNNING', `${vmId} does not run on ${sourceHostId}`);
    if (this.fleet.machine(sourceHostId).attachedTo(vmId).length > 0) throw new ApiError(409, 'DEVICES_ATTACHED', 'it still has devices');
    this.moving.add(key);
    const { world } = this.surroundings;
    const from = vm.sequence;
    world.after(world.random.next() * MOVE_MS, this.life, () => {
      if (vm.state !== 'running' || vm.sequence !== from || this.fleet.machine(sourceHostId).attachedTo(vmId).length > 0) {
        if (vm.state === 'running') this.publish(vmId, 'VmMigrationFailed', { vmId, migrationId, sourceHostId, targetHostId, message: 'it changed' });
        return;
      }
      if (this.failing > 0) {
        this.failing -= 1;
        this.publish(vmId, 'VmMigrationFailed', { vmId, migrationId, sourceHostId, targetHostId, message: 'no route' });
        return;
      }
      vm.hostId = targetHostId;
      this.note(vm, 'running');
      this.tell(vm, vm.newest ?? {});
    });
    return {};
  }

  private note(vm: ActualVm, state: string): { readonly sequence: number } {
    vm.sequence += 1;
    const { vmId, hostId, sequence, wish } = vm;
    vm.newest = { vmId, state, sequence, ...(hostId !== '' && { hostId }), ...(state === 'starting' && { devices: wish }) };
    return { sequence };
  }

  private tell(vm: ActualVm, state: object): void {
    if (this.surroundings.world.random.chance(this.losing)) return;
    this.publish(vm.vmId, 'VmStateChanged', state);
  }

  private publish(vmId: string, fact: string, data: object): void {
    const { bus } = this.surroundings;
    const link = this.links[(this.told += 1) % CONNECTIONS] as Link;
    void bus.publishFact(this.life, link, vmFactSubject(vmId, fact), data, undefined).catch(() => undefined);
  }

  private vm(vmId: string): ActualVm {
    return this.fleet.vm(vmId) as ActualVm;
  }

  private wait(milliseconds: number): Promise<void> {
    const { world } = this.surroundings;
    return new Promise((resolve) => world.after(milliseconds, this.life, resolve));
  }
}
