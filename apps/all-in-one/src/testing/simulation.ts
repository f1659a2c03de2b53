import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { agentSubject, type DeviceList } from '@vfleet/contracts';
import { aFolder, ask, insist, until, VF_NAME, type PluggedDevice, type Plugs } from '@vfleet/testing';
import type { NatsConnection } from '@nats-io/transport-node';

const MAIN = fileURLToPath(new URL('../../../host-agent/dist/simulate.js', import.meta.url));
const VFS_PER_HOST = 8;
const TOLD_MS = 120_000;
const ORDER_MS = 2_000;

/** A fleet of simulated hosts, their real agents in one process that may be killed. */
export class Simulation {
  readonly hostIds: readonly string[];
  private readonly folder = aFolder('simulation');
  private child: ChildProcess;
  private faults: readonly object[] = [];

  constructor(
    private readonly nats: NatsConnection,
    private readonly natsUrl: string,
    hosts: number,
  ) {
    this.hostIds = Array.from({ length: hosts }, (_, n) => `sim-${String(n + 1).padStart(2, '0')}`);
    this.child = this.start();
  }

  /** Resolves when every host has told of its devices. */
  async told(): Promise<void> {
    const free = { filter: { name: VF_NAME, state: 'available' }, limit: 1_000 };
    const wanted = this.hostIds.length * VFS_PER_HOST;
    await until(
      'all hosts to tell of their devices',
      async () => (await ask<DeviceList>(this.nats, 'devices.list', free)).items.length === wanted,
      TOLD_MS,
    );
  }

  /** What goes wrong on each host from now on, also after a restart. */
  async simulate(faults: readonly object[]): Promise<void> {
    this.faults = faults;
    await Promise.all(this.hostIds.map((hostId) => this.apply(hostId)));
  }

  /** Kills all agents at once, and starts them again. */
  async strike(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
    this.child = this.start();
    await this.simulate(this.faults);
  }

  plugs(hostId: string): Plugs {
    return {
      plug: async (vmId: string, { deviceId, address }: PluggedDevice) => {
        const order = { commandId: `boot_${vmId}_${deviceId}`, vmId, deviceId, address, deadlineSeconds: 30 };
        await this.order(hostId, 'hostdev.attach', order);
      },
    };
  }

  async close(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private async apply(hostId: string): Promise<void> {
    await this.order(hostId, 'simulate', { clear: true });
    // What is added last is looked at first.
    for (const fault of this.faults) await this.order(hostId, 'simulate', fault);
  }

  private order(hostId: string, verb: string, body: object): Promise<unknown> {
    return insist(() => this.nats.request(agentSubject(hostId, verb), JSON.stringify(body), { timeout: ORDER_MS }));
  }

  private start(): ChildProcess {
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      VFLEET_SUPERVISED: '1',
      VFLEET_NATS_URL: this.natsUrl,
      VFLEET_SIM_HOSTS: String(this.hostIds.length),
      VFLEET_SIM_STATE_DIR: this.folder,
    };
    return spawn(process.execPath, [MAIN], { env, stdio: ['pipe', 'ignore', 'ignore'] });
  }
}
