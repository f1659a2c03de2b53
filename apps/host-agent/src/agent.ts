import type { HostProbed, HostFactName } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import { Attestations, LONGEST_LOOK_MS, type AttestationsParts } from './attestations.js';
import type { Configuration } from './configuration/config.js';
import { DeviceReports, type DeviceReportsParts } from './device-reports.js';
import type { HardwareScan } from './domain/hardware.js';
import { locate, type LocatedDevice } from './domain/hostdev-command.js';
import type { SeenDevice } from './domain/observe.js';
import { within } from './hypervisor/time-left.js';

export interface AgentParts extends DeviceReportsParts, Pick<AttestationsParts, 'attachments'> {
  readonly version: string;
  readonly describeHypervisor?: () => Promise<{ readonly driver: string; readonly version?: string } | undefined>;
}

/** One host on the bus: what it is, what devices it has, what became of its commands, and that it is still there. */
export class Agent {
  private readonly reports: DeviceReports;
  private readonly attestations: Attestations;
  private configuration: Configuration;
  /** Resolves when the devices of the host are known. */
  readonly known: Promise<void>;

  constructor(private readonly parts: AgentParts) {
    this.configuration = parts.configuration;
    this.reports = new DeviceReports(parts);
    this.known = this.reports.known;
    this.attestations = new Attestations({ ...parts, hostId: parts.configuration.hostId, devices: () => this.reports.devices });
  }

  /** Tells that the host is there, and everything that changed since `last`. */
  async start(scan: HardwareScan, last: readonly SeenDevice[]): Promise<void> {
    this.reports.recall(last);
    const { told } = await this.introduce();
    await Promise.all([told, this.reports.report(scan)]);
    await this.attest();
  }

  /** Goes on under another configuration; how many devices that concerns. */
  async reconfigure(configuration: Configuration): Promise<number> {
    const before = JSON.stringify(this.describeHost());
    this.configuration = configuration;
    this.reports.relabel(configuration.labels);
    if (JSON.stringify(this.describeHost()) !== before) await (await this.introduce()).told;
    return this.rescan();
  }

  /** As they were told last. */
  get devices(): readonly DeviceObservation[] {
    return this.reports.devices.map(({ observation }) => observation);
  }

  get unsafeIommuGroups(): boolean {
    return this.configuration.unsafeIommuGroups;
  }

  /** Where a device is now; undefined for one that this host does not have. */
  locate(deviceId: string): LocatedDevice | undefined {
    return locate(this.devices, deviceId);
  }

  /** Tells what became of a command. */
  tellOutcome(fact: HostFactName, data: object): Promise<void> {
    return this.attestations.tellOutcome(fact, data);
  }

  /** Tells which devices are not to be given away until they are reset; it stands in the publisher's queue when this returns. */
  tellNotReset(): void {
    this.reports.tellNotReset();
  }

  /** Looks again and tells what changed; how many devices that concerns. A scan that sees nothing changes nothing. */
  rescan(): Promise<number> {
    return this.reports.rescan();
  }

  /** Looks at once; with `full` every device is published again, and an attestation after them. */
  async probe(full: boolean): Promise<HostProbed> {
    const changed = await this.rescan();
    if (full) await Promise.all([...this.reports.repeat(), this.attest()]);
    return { devices: this.reports.devices.length, changed };
  }

  /** Tells what has been reported, and what is attached now. Asked again while it still looks, it tells once. */
  attest(): Promise<void> {
    return this.attestations.attest();
  }

  /** An attestation, left out while older facts still wait for the bus. */
  async heartbeat(): Promise<void> {
    if (this.parts.publisher.waiting === 0) await this.attest();
  }

  async goOffline(reason: string): Promise<void> {
    await this.parts.publisher.publish('HostOffline', { reason });
  }

  /** Tells that the host is there, and what it is; resolves to the telling as soon as it stands in the publisher's queue. */
  private async introduce(): Promise<{ readonly told: Promise<void> }> {
    const { describeHypervisor = async () => undefined, publisher } = this.parts;
    const hypervisor = await within(describeHypervisor(), LONGEST_LOOK_MS, undefined);
    return { told: publisher.publish('HostOnline', { ...this.describeHost(), ...(hypervisor && { hypervisor }) }) };
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
}
