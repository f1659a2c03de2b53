import { realpathSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentSubject, hostFactSubject, type Host, type HostdevAccepted } from '@vfleet/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { ask } from '../load.js';
import { aFolder } from '../run.js';
import { aProgram, type RunningProgram } from '../service.js';
import { aSyntheticSysfs } from '../synthetic-sysfs.js';
import { until } from '../until.js';

/** The name by which VMs ask for a VF of such a host. */
export const VF_NAME = '10GE';
/** Of all VFs of such a host. */
export const VLAN = 42;
const FUNCTIONS_PER_CARD = 10;
const ORDER_MS = 30_000;
const START_MS = 120_000;
/** Seconds. A host counts as silent after three times as long, and an agent that is killed takes some seconds to start on a busy machine. */
const HEARTBEAT = 3;

/** A device that a VM has from its start. */
export interface PluggedDevice {
  readonly deviceId: string;
  readonly address: string;
}

/** Something that plugs devices into VMs that start with them, as their platform would. */
export interface Plugs {
  plug(vmId: string, device: PluggedDevice): Promise<void>;
}

export interface SimulatedHostOptions {
  readonly natsUrl: string;
  readonly cards?: number;
  readonly heartbeatSeconds?: number;
  /** Of its agent. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A host whose devices are files and whose hypervisor is simulated, with a real agent that may be killed. */
export class SimulatedHost implements Plugs {
  private readonly config: string;
  /** Where its devices are files. */
  readonly sysfsRoot: string;
  private readonly removeTree: () => void;
  private readonly environment: NodeJS.ProcessEnv;
  private program: RunningProgram;

  constructor(
    readonly hostId: string,
    private readonly nats: NatsConnection,
    { natsUrl, cards = 2, heartbeatSeconds = HEARTBEAT, environment = {} }: SimulatedHostOptions,
  ) {
    this.environment = environment;
    const { sysfsRoot, close } = aSyntheticSysfs(cards * FUNCTIONS_PER_CARD);
    this.sysfsRoot = sysfsRoot;
    this.removeTree = close;
    const folder = aFolder(hostId);
    this.config = join(folder, 'agent.yaml');
    const devices = [
      { match: { functionType: 'pf' }, physicalNetwork: 'physnet1' },
      { match: { functionType: 'vf' }, name: VF_NAME, tags: { vlan: String(VLAN) } },
    ];
    const stateFile = join(folder, 'agent.json');
    const hypervisor = { driver: 'simulator' };
    writeFileSync(
      this.config,
      JSON.stringify({ hostId, natsUrl, sysfsRoot, procRoot: '/nowhere', stateFile, heartbeatSeconds, devices, hypervisor }),
    );
    this.program = this.start();
  }

  /** Everything that the agent has said since it was started last. */
  readonly said = (): string => this.program.said();

  /** Makes a device unreadable. */
  async spoil(address: string): Promise<void> {
    writeFileSync(join(this.sysfsRoot, 'bus/pci/devices', address, 'vendor'), 'nonsense\n');
    await this.ask('probe', {});
  }

  /** Hides all hardware, and shows it again. */
  async hide(hidden: boolean): Promise<void> {
    const [shown, away] = [this.sysfsRoot, `${this.sysfsRoot}.away`];
    renameSync(hidden ? shown : away, hidden ? away : shown);
    await this.ask('probe', {});
  }

  /** Kills the agent as a failing machine would. */
  kill(): void {
    this.program.process.kill('SIGKILL');
  }

  /** Whether the agent has ended, by whatever cause. */
  isGone(): boolean {
    return this.program.process.exitCode !== null || this.program.process.signalCode !== null;
  }

  /** Starts the agent again once it is gone; resolves when it has attested what there is, and its host counts as online. */
  async restart(): Promise<void> {
    await this.program.ended;
    // What the last one said has been heard by then.
    await this.nats.flush();
    let attested = false;
    this.nats.subscribe(hostFactSubject(this.hostId, 'InventoryAttested'), { max: 1, callback: () => void (attested = true) });
    this.program = this.start();
    await until(
      () => `${this.hostId} to attest; it said ${this.said()}`,
      () => attested,
      START_MS,
    );
    await until(
      `${this.hostId} to be online`,
      async () => (await ask<Host>(this.nats, 'hosts.get', { hostId: this.hostId })).state === 'online',
      START_MS,
    );
  }

  /** Something goes wrong from now on, as the simulator's `simulate` takes it. */
  async simulate(fault: object): Promise<void> {
    await this.ask('simulate', fault);
  }

  async plug(vmId: string, { deviceId, address }: PluggedDevice): Promise<void> {
    const order = { commandId: `boot_${vmId}_${deviceId}`, vmId, deviceId, address, deadlineSeconds: 30 };
    await this.ask<HostdevAccepted>('hostdev.attach', order);
  }

  /** Takes a device out of the machine. */
  async pullOut(address: string): Promise<void> {
    const link = join(this.sysfsRoot, 'bus/pci/devices', address);
    rmSync(realpathSync(link), { recursive: true });
    unlinkSync(link);
    await this.ask('probe', {});
  }

  async close(): Promise<void> {
    await this.program.kill('SIGKILL');
    this.removeTree();
  }

  private start(): RunningProgram {
    return aProgram('host-agent', ['--config', this.config], this.environment);
  }

  private async ask<T>(verb: string, body: object): Promise<T> {
    const reply = await this.nats.request(agentSubject(this.hostId, verb), JSON.stringify(body), { timeout: ORDER_MS });
    if (reply.headers?.get('Nats-Service-Error-Code')) throw new Error(reply.string());
    return reply.json<T>();
  }
}
