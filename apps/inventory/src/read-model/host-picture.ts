import { DEFAULT_RULES, affectedBy, topologyOf, type Circumstances, type DeviceObservation, type DeviceRules, type Topology } from '@vfleet/pci';
import { applyToDevice, type DeviceRow } from './device.js';
import { judge, sameVerdict, type Verdict } from './device-verdict.js';
import { applyToHost, moveDevice, NO_DEVICES, sameCounts, type HostRow } from './host.js';
import type { KnownEvent } from './known-event.js';
import { PoolCounts, poolOf, type PoolChange } from './pool.js';

/** A device's row as it is stored: what the log says, and what follows from it. */
export type ShownDevice = DeviceRow & Verdict;

/** What operators have said of devices, as it is on one host. */
export type LocalRules = Pick<Circumstances, 'modelOf' | 'excludedClass'>;

/** The rules of the moment, as they are on a host. */
export const rulesOn = (hostId: string, rules: () => DeviceRules): LocalRules => ({
  modelOf: (device) => rules().modelOf(hostId, device),
  excludedClass: (device) => rules().excludedClass(device),
});

/** Rows of one host that events have changed. */
export interface HostChanges {
  readonly host: HostRow | null;
  /** Rows to be written as a whole. */
  readonly devices: readonly ShownDevice[];
  /** Rows of which only the holder or the verdict is new. */
  readonly statuses: readonly ShownDevice[];
  readonly pools: readonly PoolChange[];
}

/**
 * One host with all its devices, in memory: what a device may be given for depends on its host, its IOMMU group and its
 * PF, so that one event can change the rows of many. Events are applied one by one; `settle` then judges anew
 * whatever they can have touched, and no more.
 */
export class HostPicture {
  private readonly devices = new Map<string, DeviceRow>();
  private readonly verdicts = new Map<string, Verdict>();
  private readonly observations = new Map<string, DeviceObservation>();
  private readonly holders = new Map<string, string>();
  private readonly missing = new Set<string>();
  private readonly cordoned = new Set<string>();
  private topology: Topology | undefined;
  private readonly pools = new PoolCounts();
  private counts = NO_DEVICES;
  private hostChanged = false;
  private readonly observed = new Set<string>();
  private readonly held = new Set<string>();
  private allTouched = false;

  constructor(
    private host: HostRow | null,
    devices: readonly ShownDevice[],
    private readonly rules: LocalRules = rulesOn('', () => DEFAULT_RULES),
  ) {
    for (const device of devices) {
      this.verdicts.set(device.deviceId, device);
      this.note(device);
      this.pools.begin(device.deviceId, poolOf(device));
      this.counts = moveDevice(this.counts, undefined, device.state);
    }
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

  /** Something outside the host has changed what is true of its devices: a rule of operators. */
  judgeAnew(): void {
    this.allTouched = true;
  }

  settle(): HostChanges {
    const devices: ShownDevice[] = [];
    const statuses: ShownDevice[] = [];
    const circumstances = this.circumstances();
    for (const deviceId of this.touched(circumstances.topology)) {
      const row = this.devices.get(deviceId) as DeviceRow;
      const before = this.verdicts.get(deviceId);
      const verdict = judge(row, circumstances, this.allTouched ? undefined : before?.traits);
      const whole = this.observed.has(deviceId);
      if (!whole && !this.held.has(deviceId) && before && sameVerdict(before, verdict)) continue;
      this.counts = moveDevice(this.counts, before?.state, verdict.state);
      this.verdicts.set(deviceId, verdict);
      const shown = show(row, verdict);
      this.pools.move(deviceId, poolOf(shown));
      (whole ? devices : statuses).push(shown);
    }
    const host = this.settleHost();
    this.allTouched = false;
    this.observed.clear();
    this.held.clear();
    return { host, devices, statuses, pools: this.pools.take() };
  }

  private settleHost(): HostRow | null {
    if (!this.host || (!this.hostChanged && sameCounts(this.host.counts, this.counts))) return null;
    this.host = { ...this.host, counts: this.counts };
    this.hostChanged = false;
    return this.host;
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
    this.note(after);
  }

  private note(row: DeviceRow): void {
    const { deviceId, observation, presence, holder, cordoned } = row;
    this.devices.set(deviceId, row);
    if (presence === 'removed') this.observations.delete(deviceId);
    else this.observations.set(deviceId, observation);
    if (holder) this.holders.set(deviceId, holder.vmId);
    else this.holders.delete(deviceId);
    mark(this.missing, deviceId, presence === 'missing');
    mark(this.cordoned, deviceId, cordoned);
  }

  /** Everything that the host loses with a device, as far as it is there. */
  affectedBy(deviceId: string): readonly string[] {
    const observation = this.observations.get(deviceId);
    return observation ? affectedBy(observation, this.circumstances()).map((one) => one.deviceId) : [];
  }

  private circumstances(): Circumstances {
    this.topology ??= topologyOf(this.observations);
    const { topology, holders, missing, cordoned, host } = this;
    const stale = host?.state === 'stale' || host?.state === 'offline';
    return {
      topology,
      holders,
      missing,
      cordoned,
      stale,
      unsafeIommuGroups: host?.description.unsafeIommuGroups === true,
      ...this.rules,
      customDisabled: host?.description.customDevices === false,
    };
  }

  /** A holder counts for the device's own group, and for the groups of what has it as a parent or a child. */
  private touched(topology: Topology): Iterable<string> {
    if (this.allTouched) return this.devices.keys();
    const touched = new Set(this.held);
    for (const deviceId of this.held) {
      const observation = this.observations.get(deviceId);
      if (!observation) continue;
      for (const one of [observation, ...topology.rivalsOf(observation)]) {
        touched.add(one.deviceId);
        for (const member of topology.groupOf(one)) touched.add(member.deviceId);
      }
    }
    return touched;
  }
}

/** Field by field: spreading two objects is slow, and this is on the way of every event. */
const show = (
  { deviceId, hostId, observation, presence, holder, cordoned, tagged, firstSeenAt, lastSeenAt }: DeviceRow,
  verdict: Verdict,
): ShownDevice => {
  const { traits, state, eligible, ineligible } = verdict;
  return { deviceId, hostId, observation, presence, holder, cordoned, tagged, firstSeenAt, lastSeenAt, traits, state, eligible, ineligible };
};

const mark = (set: Set<string>, key: string, present: boolean): void => {
  if (present) set.add(key);
  else set.delete(key);
};

const mattersToDevices = (before: HostRow | null, after: HostRow | null): boolean =>
  before?.state !== after?.state ||
  before?.description.unsafeIommuGroups !== after?.description.unsafeIommuGroups ||
  before?.description.customDevices !== after?.description.customDevices;
