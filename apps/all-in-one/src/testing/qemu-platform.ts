import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { PLATFORM_MIGRATE_SUBJECT, vmFactSubject, type MigrateVm, type VmReportOutcome } from '@vfleet/contracts';
import { ask, aVirtualMachine, migrateLive, until, type QemuBench, type VirtualMachine } from '@vfleet/testing';
import { STAND_IN, VF_NAME, type QemuHost } from './qemu-host.js';

const BOOT_MS = 120_000;

/** What a VM is started with. */
export interface GuestWish {
  readonly vmId: string;
  readonly kernelOptions?: string;
  /** Added to the VM's one device request. */
  readonly request?: object;
}

/** A small virtualisation platform: starts VMs with what was reserved for them, and moves them when it is asked to. */
export class QemuPlatform {
  /** The machines of each VM, by `<hostId> <vmId>`. */
  readonly machines = new Map<string, VirtualMachine>();
  readonly #hosts: ReadonlyMap<string, QemuHost>;
  #sequence = 0;

  constructor(
    private readonly nats: NatsConnection,
    private readonly bench: QemuBench,
    hosts: readonly QemuHost[],
  ) {
    this.#hosts = new Map(hosts.map((host) => [host.hostId, host]));
    nats.subscribe(PLATFORM_MIGRATE_SUBJECT, {
      callback: (_, message) => {
        message.respond(JSON.stringify({ state: 'migrating' }));
        void this.#move(message.json<MigrateVm>());
      },
    });
  }

  machine(hostId: string, vmId: string): VirtualMachine {
    const machine = this.machines.get(`${hostId} ${vmId}`);
    if (!machine) throw new Error(`${vmId} has never been on ${hostId}`);
    return machine;
  }

  /** Reserves a VF, boots a guest with it, and says that it runs. Resolves when the guest has an interface. */
  async start({ vmId, kernelOptions, request }: GuestWish, hostId: string): Promise<VirtualMachine> {
    const report = { vmId, hostId, state: 'starting', sequence: (this.#sequence += 1), devices: [{ device: VF_NAME, ...request }] };
    const { reservation } = await ask<VmReportOutcome>(this.nats, 'vms.report', report);
    const [{ deviceId, address } = { deviceId: '', address: '' }] = reservation?.devices ?? [];
    // Not the first port: who takes any free one on the other side is found out.
    const device = { ...STAND_IN, id: `vf-${deviceId}`, mac: this.#host(hostId).macOf(address), bus: 'port2', addr: '0x0' };
    const machine = await this.#boot(hostId, { vmId, kernelOptions, args: ['-device', JSON.stringify(device)] });
    await until(`${vmId} to have its interface`, () => machine.report()?.devices[0]?.net, BOOT_MS);
    await this.#tell(vmId, hostId, 'running');
    return machine;
  }

  /** Makes a machine ready to receive a VM; a platform would do so when the move begins. */
  receive(hostId: string, { vmId, kernelOptions }: GuestWish): Promise<VirtualMachine> {
    return this.#boot(hostId, { vmId, kernelOptions, receives: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine.kill()));
  }

  async #boot(hostId: string, options: GuestWish & { readonly receives?: boolean; readonly args?: readonly string[] }): Promise<VirtualMachine> {
    const machine = await aVirtualMachine(this.bench, { ...options, folder: this.#host(hostId).vms });
    this.machines.set(`${hostId} ${options.vmId}`, machine);
    return machine;
  }

  async #move({ migrationId, vmId, sourceHostId, targetHostId }: MigrateVm): Promise<void> {
    try {
      await migrateLive(this.machine(sourceHostId, vmId), this.machine(targetHostId, vmId));
      await this.#tell(vmId, targetHostId, 'running');
    } catch (error) {
      const failure = { vmId, migrationId, sourceHostId, targetHostId, message: (error as Error).message };
      await jetstream(this.nats).publish(vmFactSubject(vmId, 'VmMigrationFailed'), JSON.stringify(failure));
    }
  }

  async #tell(vmId: string, hostId: string, state: string): Promise<void> {
    const fact = { vmId, hostId, state, sequence: (this.#sequence += 1) };
    await jetstream(this.nats).publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify(fact));
  }

  #host(hostId: string): QemuHost {
    const host = this.#hosts.get(hostId);
    if (!host) throw new Error(`there is no host ${hostId}`);
    return host;
  }
}
