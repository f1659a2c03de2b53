import { jetstream } from '@nats-io/jetstream';
import type { Subscription } from '@nats-io/transport-node';
import { PLATFORM_MIGRATE_SUBJECT, agentSubject, vmFactSubject, type CloudEvent, type MigrateVm } from '@vfleet/contracts';
import type { Stage } from './stage.js';

/** Of the simulation: VFs of each host, by name. */
const VFS_PER_HOST = 8;
const VF_NAME = '10GE';
const POLL_MS = 50;

/** VMs with a VF each on simulated hosts, and a platform that moves them at once when it may. */
export class MovingFleet {
  readonly runsOn = new Map<string, string>();
  private readonly hostIds: string[] = [];
  private sequence = 0;
  private platform: Subscription | undefined;

  constructor(private readonly stage: Stage) {}

  /** Resolves when so many hosts have told of their devices, and so many VMs run on them. */
  async start(hosts: number, vms: number): Promise<void> {
    this.stage.simulate(hosts);
    for (;;) {
      const { items } = await this.stage.client.request('devices.list', { filter: { name: VF_NAME, state: 'available' }, limit: 1_000 });
      if (items.length === hosts * VFS_PER_HOST) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const { items } = await this.stage.client.request('hosts.list', { limit: 1_000 });
    this.hostIds.push(...items.map(({ hostId }) => hostId));
    await Promise.all(Array.from({ length: vms }, (_, n) => this.startVm(`vm-${n}`, this.hostIds[n % hosts] ?? '')));
  }

  /** Whether the platform is asked to move VMs, or hears by the events that it may. */
  listen(how: 'asked' | 'told'): void {
    this.platform?.unsubscribe();
    const { nats } = this.stage.client;
    const subject = how === 'asked' ? PLATFORM_MIGRATE_SUBJECT : 'vfleet.evt.migration.*.*.VmMigrationReady';
    this.platform = nats.subscribe(subject, {
      callback: (_, message) => {
        const { vmId, targetHostId } = how === 'asked' ? message.json<MigrateVm>() : message.json<CloudEvent<MigrateVm>>().data;
        this.tell(vmId, targetHostId);
        if (how === 'asked') message.respond('{}');
      },
    });
  }

  /** Starts a move to the next host that has a VF free. */
  async move(vmId: string): Promise<void> {
    const from = this.hostIds.indexOf(this.runsOn.get(vmId) ?? '');
    for (let step = 1; ; step += 1) {
      const targetHostId = this.hostIds[(from + step) % this.hostIds.length] ?? '';
      try {
        await this.stage.client.request('migrations.start', { vmId, targetHostId });
        return;
      } catch (error) {
        if ((error as { readonly code?: string }).code !== 'NO_MATCHING_DEVICE') throw error;
      }
    }
  }

  private async startVm(vmId: string, hostId: string): Promise<void> {
    const { client } = this.stage;
    const sequence = this.next();
    const { reservation } = await client.request('vms.report', { vmId, hostId, state: 'starting', sequence, devices: [{ device: VF_NAME }] });
    for (const { deviceId, address } of reservation?.devices ?? [])
      await client.ask(agentSubject(hostId, 'hostdev.attach'), { commandId: `boot_${vmId}`, vmId, deviceId, address, deadlineSeconds: 30 });
    this.runsOn.set(vmId, hostId);
    await client.request('vms.report', { vmId, hostId, state: 'running', sequence: this.next() });
  }

  private tell(vmId: string, hostId: string): void {
    this.runsOn.set(vmId, hostId);
    const fact = JSON.stringify({ vmId, hostId, state: 'running', sequence: this.next() });
    void jetstream(this.stage.client.nats).publish(vmFactSubject(vmId, 'VmStateChanged'), fact);
  }

  private next(): number {
    return (this.sequence += 1);
  }
}
