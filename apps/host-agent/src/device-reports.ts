import type { Logger } from 'pino';
import type { AgentWatch } from './agent-watch.js';
import type { Configuration } from './configuration/config.js';
import type { DeviceResets } from './device-resets.js';
import type { Hardware, HardwareScan } from './domain/hardware.js';
import { applyLabels, type Labels } from './domain/labels.js';
import { observe, parentsFirst, type PciNames, type SeenDevice } from './domain/observe.js';
import { planReport, type Report } from './domain/report.js';
import { markNotReset } from './domain/reset-plan.js';
import { NothingToScan } from './nothing-to-scan.js';
import type { Publisher } from './publisher.js';
import type { StateFile } from './state-file.js';

export interface DeviceReportsParts {
  readonly configuration: Configuration;
  readonly hardware: Hardware;
  readonly names: PciNames;
  readonly publisher: Publisher;
  readonly state: StateFile;
  readonly watch?: AgentWatch | undefined;
  readonly log: Logger;
  /** What VMs have left and nobody may have until it is reset; undefined where that is not looked after. */
  readonly resets?: Pick<DeviceResets, 'show' | 'shown'> | undefined;
}

/** All that a comparison depends on: a scan, and what it is compared with. */
interface Compared {
  readonly scan: HardwareScan;
  readonly labels: Labels;
  readonly devices: readonly SeenDevice[];
  /** Devices that are not reset, with why; undefined where that is not looked after. */
  readonly notReset: ReadonlyMap<string, string> | undefined;
}

/** One host's devices as they have been told, or stand in the publisher's queue: sees the hardware, and tells what is different now. */
export class DeviceReports {
  private current: readonly SeenDevice[] = [];
  /** What was compared last, with what: where that is all the same there is nothing to tell. */
  private compared: Compared | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private readonly complaints = new Set<string>();
  private readonly hostId: string;
  private labels: Labels;
  private tellKnown: () => void = () => {};
  /** Resolves when the devices of the host are known. */
  readonly known = new Promise<void>((resolve) => (this.tellKnown = resolve));

  constructor(private readonly parts: DeviceReportsParts) {
    this.hostId = parts.configuration.hostId;
    this.labels = parts.configuration.labels;
  }

  get devices(): readonly SeenDevice[] {
    return this.current;
  }

  /** What was told before this agent, from which the first report starts. */
  recall(last: readonly SeenDevice[]): void {
    this.current = last;
  }

  /** Devices have other names and tags from the next look on. */
  relabel(labels: Labels): void {
    this.labels = labels;
  }

  /** Tells what is different in this scan; how many devices that concerns. */
  report(scan: HardwareScan): Promise<number> {
    return this.inTurn(() => this.tell(this.plan(scan)));
  }

  /** Looks again and tells what changed; how many devices that concerns. A scan that sees nothing changes nothing. */
  rescan(): Promise<number> {
    return this.inTurn(async () => {
      const scan = this.look();
      return scan && !this.isCompared(scan) ? this.tell(this.plan(scan)) : 0;
    });
  }

  /** Tells every device again. */
  repeat(): readonly Promise<void>[] {
    return parentsFirst(this.current).map(({ observation }) => this.parts.publisher.publish('DeviceDiscovered', { device: observation }));
  }

  /** Tells which devices are not to be given away until they are reset; it stands in the publisher's queue when this returns. */
  tellNotReset(): void {
    const devices = markNotReset(this.current, this.parts.resets?.shown ?? new Map());
    const report = planReport(this.current, devices, { unreadable: [], unlisted: [] });
    if (report.facts.length > 0) this.tell(report).catch(() => {});
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

  private isCompared(scan: HardwareScan): boolean {
    const { compared, labels, current, parts } = this;
    if (compared?.scan !== scan) return false;
    return compared.labels === labels && compared.devices === current && compared.notReset === parts.resets?.shown;
  }

  private plan(scan: HardwareScan): Report {
    this.complain(scan);
    const { labels } = this;
    const seen = applyLabels(observe(this.hostId, scan, this.current, this.parts.names), labels);
    const notReset = this.parts.resets?.shown;
    const report = planReport(this.current, notReset ? markNotReset(seen, notReset) : seen, scan);
    this.compared = { scan, labels, devices: report.devices, notReset };
    return report;
  }

  /** Publishes a report; only when the bus has all of it is it written down as told. */
  private async tell({ facts, devices }: Report): Promise<number> {
    const before = this.current;
    this.current = devices;
    this.tellKnown();
    await Promise.all(facts.map(({ name, data }) => this.parts.publisher.publish(name, data)));
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
}
