import { topologyOf, type Circumstances, type DeviceObservation, type Topology } from '@vfleet/pci';
import { applyToDevice, type DeviceRow } from './device.js';
import { judge, sameVerdict, type Verdict } from './device-verdict.js';
import { applyToHost, countDevices, sameCounts, type HostRow } from './host.js';
import type { KnownEvent } from './known-event.js';

/** A device's row as it is stored: what the log says, and what follows from it. */
export type ShownDevice = DeviceRow & Verdict;

/** Rows of one host that events have changed. */
export interface HostChanges {
  readonly host: HostRow | null;
  /** Rows to be written as a whole. */
  readonly devices: readonly ShownDevice[];
  /** Rows of which only the holder or the verdict is new. */
  readonly statuses: readonly ShownDevice[];
}

/**
 * One host with all its devices, in memory: what a device may be given for depends on its host, its IOMMU group and its
 * PF, so that one event can change the rows of many. Events are applied one by one; `settle` then judges anew
 * whatever they can have touched, and no more.
 */
export class HostPicture {
  private readonly devices: Map<string, ShownDevice | DeviceRow>;
  private readonly observations = new Map<string, DeviceObservation>();
  private readonly holders = new Map<string, string>();
  private readonly missing = new Set<string>();
  private readonly cordoned = new Set<string>();
  private topology: Topology | undefined;
  private hostChanged = false;
  private readonly observed = new Set<string>();
  private readonly held = new Set<string>();
  private allTouched = false;

  constructor(
    private host: HostRow | null,
    devices: readonly ShownDevice[],
  ) {
    this.devices = new Map(devices.map((device) => [device.deviceId, device]));
    for (const device of devices) this.note(device);
  }

  /** Devices in memory, removed ones included. */
  get size(): number {
    return this.devices.size;
  }

  apply(event: KnownEvent, deviceIds: readonly string[] = []): void {
    const host = applyToHost(this.host, event);
    if (host !== this.host) {
      this.allTouched ||= mattersToDevices(this.host, host);
      this.hostChanged = true;
      this.host = host;
    }
    for (const deviceId of deviceIds) this.applyToDevice(deviceId, event);
  }

  settle(): HostChanges {
    const devices: ShownDevice[] = [];
    const statuses: ShownDevice[] = [];
    const circumstances = this.circumstances();
    for (const deviceId of this.touched()) {
      const row = this.devices.get(deviceId) as ShownDevice | DeviceRow;
      const verdict = judge(row, circumstances);
      const shown = { ...row, ...verdict };
      if (this.observed.has(deviceId)) devices.push(shown);
      else if (this.held.has(deviceId) || !('state' in row) || !sameVerdict(row, verdict)) statuses.push(shown);
      else continue;
      this.devices.set(deviceId, shown);
    }
    if (this.hostChanged || devices.length > 0 || statuses.length > 0) this.recount();
    const changes = { host: this.hostChanged ? this.host : null, devices, statuses };
    this.hostChanged = this.allTouched = false;
    this.observed.clear();
    this.held.clear();
    return changes;
  }

  private applyToDevice(deviceId: string, event: KnownEvent): void {
    const before = this.devices.get(deviceId) ?? null;
    const after = applyToDevice(before, deviceId, event);
    if (!after || after === before) return;
    if (after.observation !== before?.observation || after.presence !== before.presence || after.lastSeenAt !== before.lastSeenAt) {
      this.observed.add(deviceId);
      this.allTouched = true;
      this.topology = undefined;
    } else this.held.add(deviceId);
    this.devices.set(deviceId, after);
    this.note(after);
  }

  private note({ deviceId, observation, presence, holder, cordoned }: DeviceRow): void {
    if (presence === 'removed') this.observations.delete(deviceId);
    else this.observations.set(deviceId, observation);
    if (holder) this.holders.set(deviceId, holder.vmId);
    else this.holders.delete(deviceId);
    mark(this.missing, deviceId, presence === 'missing');
    mark(this.cordoned, deviceId, cordoned);
  }

  private circumstances(): Circumstances {
    this.topology ??= topologyOf(this.observations);
    const { topology, holders, missing, cordoned, host } = this;
    const stale = host?.state === 'stale' || host?.state === 'offline';
    return { topology, holders, missing, cordoned, stale, unsafeIommuGroups: host?.description.unsafeIommuGroups === true };
  }

  /** A holder counts for the device's own group, and for the groups of what has it as a parent or a child. */
  private touched(): Iterable<string> {
    if (this.allTouched) return this.devices.keys();
    const touched = new Set(this.held);
    for (const deviceId of this.held) {
      const observation = this.observations.get(deviceId);
      if (!observation) continue;
      for (const one of [observation, ...this.neighbours(observation)])
        for (const member of [one, ...(this.topology?.groupOf(one) ?? [])]) touched.add(member.deviceId);
    }
    return touched;
  }

  private neighbours(observation: DeviceObservation): readonly DeviceObservation[] {
    const { topology } = this.circumstances();
    const parent = observation.parentDeviceId === undefined ? undefined : topology.devices.get(observation.parentDeviceId);
    return [...topology.vfsOf(observation), ...topology.leavesOf(observation), ...(parent ? [parent] : [])];
  }

  private recount(): void {
    if (!this.host) return;
    const counts = countDevices(this.states());
    if (sameCounts(counts, this.host.counts)) return;
    this.host = { ...this.host, counts };
    this.hostChanged = true;
  }

  private *states(): Iterable<ShownDevice['state']> {
    for (const device of this.devices.values()) if ('state' in device) yield device.state;
  }
}

const mark = (set: Set<string>, key: string, present: boolean): void => {
  if (present) set.add(key);
  else set.delete(key);
};

const mattersToDevices = (before: HostRow | null, after: HostRow | null): boolean =>
  before?.state !== after?.state || before?.description.unsafeIommuGroups !== after?.description.unsafeIommuGroups;
