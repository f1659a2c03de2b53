import { HostProbed, inventoryDigest, type Attachment, type HostFactName } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { Logger } from 'pino';
import type { Configuration } from './configuration/config.js';
import type { Hardware, HardwareScan } from './domain/hardware.js';
import { locate, type LocatedDevice } from './domain/hostdev-command.js';
import { applyLabels } from './domain/labels.js';
import { observe, parentsFirst, type PciNames, type SeenDevice } from './domain/observe.js';
import { planReport, type Report } from './domain/report.js';
import type { AgentWatch } from './agent-watch.js';
import { within } from './hypervisor/time-left.js';
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
  readonly watch?: AgentWatch | undefined;
  readonly log: Logger;
  /** What the VMs of this host have, as their hypervisor says; undefined where that cannot be seen. */
  readonly attachments?: () => Promise<readonly Attachment[] | undefined>;
  readonly describeHypervisor?: () => Promise<{ readonly driver: string; readonly version?: string } | undefined>;
}

/** A hypervisor that takes longer to say what is attached is not waited for: the heartbeat must not stop for it. */
const LONGEST_LOOK_MS = 3_000;
/** A host on which something is always just being attached or detached says nothing about attachments for that moment. */
const MOST_LOOKS = 5;

/**
 * One host's eyes: sees the hardware, compares it with what it told last, and tells the difference. `current` is what
 * has been told or stands in the publisher's queue, so that an attestation always fits the facts before it.
 */
export class Agent {
  private current: readonly SeenDevice[] = [];
  private running: Promise<unknown> = Promise.resolve();
  /** Counts what became of commands: an attestation that was begun before says nothing about what is now. */
  private outcomes = 0;
  private attestation: Promise<{ readonly told: Promise<void> }> | undefined;
  private readonly complaints = new Set<string>();
  private configuration: Configuration;
  private tellKnown: () => void = () => {};
  /** Resolves when the devices of the host are known. */
  readonly known = new Promise<void>((resolve) => (this.tellKnown = resolve));

  constructor(private readonly parts: AgentParts) {
    this.configuration = parts.configuration;
  }

  /** Tells that the host is there, and everything that changed since `last`. */
  async start(scan: HardwareScan, last: readonly SeenDevice[]): Promise<void> {
    this.current = last;
    const { told } = await this.introduce();
    await Promise.all([told, this.inTurn(() => this.tell(this.plan(scan)))]);
    await this.attest();
  }

  /** Goes on under another configuration; how many devices that concerns. */
  async reconfigure(configuration: Configuration): Promise<number> {
    const before = JSON.stringify(this.describeHost());
    this.configuration = configuration;
    if (JSON.stringify(this.describeHost()) !== before) await (await this.introduce()).told;
    return this.rescan();
  }

  /** As they were told last. */
  get devices(): readonly DeviceObservation[] {
    return this.current.map(({ observation }) => observation);
  }

  get unsafeIommuGroups(): boolean {
    return this.configuration.unsafeIommuGroups;
  }

  /** Where a device is now; undefined for one that this host does not have. */
  locate(deviceId: string): LocatedDevice | undefined {
    return locate(this.devices, deviceId);
  }

  /** Tells what became of a command. */
  async tellOutcome(fact: HostFactName, data: object): Promise<void> {
    this.outcomes += 1;
    await this.publish(fact, data);
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

  /** Tells that the host is there, and what it is; resolves to the telling as soon as it stands in the publisher's queue. */
  private async introduce(): Promise<{ readonly told: Promise<void> }> {
    const { describeHypervisor = async () => undefined } = this.parts;
    const hypervisor = await within(describeHypervisor(), LONGEST_LOOK_MS, undefined);
    return { told: this.publish('HostOnline', { ...this.describeHost(), ...(hypervisor && { hypervisor }) }) };
  }

  private look(): HardwareScan | undefined {
    const { hardware, watch } = this.parts;
    const began = performance.now();
    try {
      const scan = hardware.scan();
      watch?.scanned(this.hostId, scan, performance.now() - began);
      return scan;
    } catch (error) {
      if (!(error instanceof NothingToScan)) throw error;
      watch?.scanned(this.hostId, undefined, performance.now() - began);
      this.parts.log.error({ hostId: this.hostId, err: error.message }, 'nothing could be scanned, the last report stays in force');
      return undefined;
    }
  }

  private plan(scan: HardwareScan): Report {
    this.complain(scan);
    const seen = applyLabels(observe(this.hostId, scan, this.current, this.parts.names), this.configuration.labels);
    return planReport(this.current, seen, scan);
  }

  /** Publishes a report; only when the bus has all of it is it written down as told. */
  private async tell({ facts, devices }: Report): Promise<number> {
    const before = this.current;
    this.current = devices;
    this.tellKnown();
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

  /** Tells what has been reported, and what is attached now. Asked again while it still looks, it tells once. */
  attest(): Promise<void> {
    this.attestation ??= this.lookAround().finally(() => (this.attestation = undefined));
    return this.attestation.then(({ told }) => told);
  }

  /** Looks until nothing changes meanwhile; resolves as soon as the attestation stands in the publisher's queue. */
  private async lookAround(): Promise<{ readonly told: Promise<void> }> {
    let attachments: readonly Attachment[] | undefined;
    for (let look = 0, before = -1; before !== this.outcomes; look += 1) {
      before = this.outcomes;
      attachments = look < MOST_LOOKS ? await this.seeAttachments() : undefined;
    }
    const { devices } = this;
    const told = this.publish('InventoryAttested', {
      devices: devices.length,
      digest: inventoryDigest(devices),
      ...(attachments && { attachments }),
    });
    told.catch(() => {});
    return { told };
  }

  private async seeAttachments(): Promise<readonly Attachment[] | undefined> {
    const { attachments = async () => undefined, log } = this.parts;
    try {
      return await within(attachments(), LONGEST_LOOK_MS, undefined);
    } catch (error) {
      log.warn({ hostId: this.hostId, err: (error as Error).message }, 'attachments cannot be seen');
      return undefined;
    }
  }

  private describeHost(): object {
    const { hardware, version } = this.parts;
    const { customDevices, unsafeIommuGroups, heartbeatSeconds } = this.configuration;
    return {
      ...hardware.describeHost(),
      agentVersion: version,
      heartbeatSeconds,
      unsafeIommuGroups,
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
    return this.configuration.hostId;
  }
}
