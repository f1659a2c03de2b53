import { HostProbed, inventoryDigest, type HostFactName } from '@vfleet/contracts';
import type { Logger } from 'pino';
import type { Configuration } from './configuration/config.js';
import type { Hardware, HardwareScan } from './domain/hardware.js';
import { applyLabels } from './domain/labels.js';
import { observe, parentsFirst, type PciNames, type SeenDevice } from './domain/observe.js';
import { planReport, type Report } from './domain/report.js';
import { NothingToScan } from './nothing-to-scan.js';
import type { Publisher } from './publisher.js';
import type { StateFile } from './state-file.js';

export interface AgentParts {
  readonly configuration: Configuration;
  readonly hardware: Hardware;
  readonly names: PciNames;
  readonly publisher: Publisher;
  readonly state: StateFile;
  readonly version: string;
  readonly log: Logger;
}

/**
 * One host's eyes: sees the hardware, compares it with what it told last, and tells the difference. `current` is what
 * has been told or stands in the publisher's queue, so that an attestation always fits the facts before it.
 */
export class Agent {
  private current: readonly SeenDevice[] = [];
  private running: Promise<unknown> = Promise.resolve();
  private readonly complaints = new Set<string>();

  constructor(private readonly parts: AgentParts) {}

  /** Tells that the host is there, and everything that changed since `last`. */
  async start(scan: HardwareScan, last: readonly SeenDevice[]): Promise<void> {
    this.current = last;
    const online = this.publish('HostOnline', this.describeHost());
    await Promise.all([online, this.inTurn(() => this.tell(this.plan(scan)))]);
    await this.attest();
  }

  /** Looks again and tells what changed; how many devices that concerns. A scan that sees nothing changes nothing. */
  async rescan(): Promise<number> {
    return this.inTurn(async () => {
      const scan = this.look();
      return scan ? this.tell(this.plan(scan)) : 0;
    });
  }

  /** Looks at once; with `full` every device is published again, and an attestation after them. */
  async probe(full: boolean): Promise<HostProbed> {
    const changed = await this.rescan();
    if (full) {
      const told = parentsFirst(this.current).map(({ observation }) => this.publish('DeviceDiscovered', { device: observation }));
      await Promise.all([...told, this.attest()]);
    }
    return { devices: this.current.length, changed };
  }

  /** The heartbeat. Left out while older facts still wait for the bus. */
  async heartbeat(): Promise<void> {
    if (this.parts.publisher.waiting === 0) await this.attest();
  }

  async goOffline(reason: string): Promise<void> {
    await this.publish('HostOffline', { reason });
  }

  private look(): HardwareScan | undefined {
    try {
      return this.parts.hardware.scan();
    } catch (error) {
      if (!(error instanceof NothingToScan)) throw error;
      this.parts.log.error({ hostId: this.hostId, err: error.message }, 'nothing could be scanned, the last report stays in force');
      return undefined;
    }
  }

  private plan(scan: HardwareScan): Report {
    this.complain(scan);
    const { configuration, names } = this.parts;
    const seen = applyLabels(observe(this.hostId, scan.functions, this.current, names), configuration.labels);
    return planReport(this.current, seen, scan.unreadable);
  }

  /** Publishes a report; only when the bus has all of it is it written down as told. */
  private async tell({ facts, devices }: Report): Promise<number> {
    const before = this.current;
    this.current = devices;
    await Promise.all(facts.map(({ name, data }) => this.publish(name, data)));
    if (facts.length > 0 || before.length === 0)
      this.parts.log.info({ hostId: this.hostId, devices: devices.length, facts: facts.length }, 'reported');
    this.save(devices);
    return new Set(facts.map(({ data }) => ('deviceId' in data ? data.deviceId : data.device.deviceId))).size;
  }

  private save(devices: readonly SeenDevice[]): void {
    try {
      this.parts.state.save(devices);
    } catch (error) {
      this.parts.log.error({ hostId: this.hostId, err: (error as Error).message }, 'state file not written, the next start will ask what is known');
    }
  }

  private attest(): Promise<void> {
    const devices = this.current.map(({ observation }) => observation);
    return this.publish('InventoryAttested', { devices: devices.length, digest: inventoryDigest(devices) });
  }

  private describeHost(): object {
    const { configuration, hardware, version } = this.parts;
    const { hypervisor, customDevices, unsafeIommuGroups, heartbeatSeconds } = configuration;
    return {
      ...hardware.describeHost(),
      agentVersion: version,
      heartbeatSeconds,
      unsafeIommuGroups,
      ...(hypervisor.driver !== 'none' && { hypervisor: { driver: hypervisor.driver } }),
      ...(customDevices !== undefined && { customDevices }),
    };
  }

  /** Names each device that cannot be read, once for as long as it stays so. */
  private complain({ unreadable }: HardwareScan): void {
    for (const { address, message } of unreadable)
      if (!this.complaints.has(address)) this.parts.log.warn({ hostId: this.hostId, address, err: message }, 'device cannot be read');
    this.complaints.clear();
    for (const { address } of unreadable) this.complaints.add(address);
  }

  /** One look at the hardware at a time, and the next only when the last is told. */
  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.running.catch(() => {}).then(task);
    this.running = turn;
    return turn;
  }

  private publish(name: HostFactName, data: object): Promise<void> {
    return this.parts.publisher.publish(name, data);
  }

  private get hostId(): string {
    return this.parts.configuration.hostId;
  }
}
