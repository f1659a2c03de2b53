import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { PLATFORM_MIGRATE_SUBJECT, vmFactSubject, type CloudEvent, type MigrateVm, type VmReportOutcome } from '@vfleet/contracts';
import { ask, insist } from '../load.js';
import { VF_NAME, type Plugs } from './simulated-host.js';

/** What the platform makes of a move that it may begin. */
export type Course = (move: MigrateVm) => Promise<void>;

/** A virtualisation platform without hypervisors: it starts VMs with what was reserved for them, and moves them when they may be moved. */
export class MovingPlatform {
  /** Where each VM runs. */
  readonly runsOn = new Map<string, string>();
  /** Of VMs for which something else than a move was ordered. */
  readonly courses = new Map<string, Course>();
  /** Of all others. */
  course: Course = ({ vmId, targetHostId }) => this.tell(vmId, targetHostId);
  private readonly seen = new Set<string>();
  private readonly events: Subscription;
  private responder: Subscription | undefined;
  private sequence = 0;

  constructor(
    private readonly nats: NatsConnection,
    private readonly hosts: ReadonlyMap<string, Plugs>,
  ) {
    this.events = nats.subscribe('vfleet.evt.migration.*.*.VmMigrationReady', {
      callback: (_, message) => this.begin(message.json<CloudEvent<MigrateVm>>().data),
    });
  }

  /** Whether it answers when it is asked to move a VM, or moves VMs by itself when it hears that it may. */
  respond(wanted: boolean): void {
    this.responder?.unsubscribe();
    this.responder = undefined;
    if (!wanted) return;
    this.responder = this.nats.subscribe(PLATFORM_MIGRATE_SUBJECT, {
      callback: (_, message) => {
        message.respond('{}');
        this.begin(message.json<MigrateVm>());
      },
    });
  }

  /** Starts a VM with VFs, and plugs them; it is known to run there when this resolves. */
  async start(vmId: string, hostId: string, request: object = {}): Promise<void> {
    const wish = { vmId, hostId, state: 'starting', sequence: this.next(), devices: [{ device: VF_NAME, ...request }] };
    const { reservation } = await ask<VmReportOutcome>(this.nats, 'vms.report', wish);
    for (const device of reservation?.devices ?? []) await this.hosts.get(hostId)?.plug(vmId, device);
    await this.report(vmId, hostId);
  }

  /** Says where a VM runs. */
  async tell(vmId: string, hostId: string, state = 'running'): Promise<void> {
    this.runsOn.set(vmId, hostId);
    const fact = JSON.stringify({ vmId, hostId, state, sequence: this.next() });
    await insist(() => jetstream(this.nats).publish(vmFactSubject(vmId, 'VmStateChanged'), fact));
  }

  /** Says so by request. */
  async report(vmId: string, hostId: string, state = 'running'): Promise<void> {
    this.runsOn.set(vmId, hostId);
    await ask<VmReportOutcome>(this.nats, 'vms.report', { vmId, hostId, state, sequence: this.next() });
  }

  /** Says that a move has failed. */
  async fail({ migrationId, vmId, sourceHostId, targetHostId }: MigrateVm, message = 'no route'): Promise<void> {
    const fact = JSON.stringify({ vmId, migrationId, sourceHostId, targetHostId, message });
    await insist(() => jetstream(this.nats).publish(vmFactSubject(vmId, 'VmMigrationFailed'), fact));
  }

  close(): void {
    this.events.unsubscribe();
    this.respond(false);
  }

  /** A move is begun once, however often it is asked for. */
  private begin(move: MigrateVm): void {
    if (this.seen.has(move.migrationId)) return;
    this.seen.add(move.migrationId);
    void (this.courses.get(move.vmId) ?? this.course)(move);
  }

  private next(): number {
    return (this.sequence += 1);
  }
}
