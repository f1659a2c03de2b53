import type { DeviceObservation } from '@vfleet/pci';
import type { Lease, StoredEvent } from '../store/tables.js';

/** A hold of a VM on a device, as the log says. */
interface Hold {
  readonly vmId: string;
  readonly hostId: string;
  readonly adopted: boolean;
  readonly migrationId: string | undefined;
  /** It was added by a hot-plug. */
  readonly added: boolean;
}

interface Told {
  readonly hostId: string;
  readonly vmId: string;
  readonly deviceId: string;
  readonly migrationId?: string;
  readonly devices: readonly { readonly deviceId: string; readonly addedBy?: string }[];
  readonly device: DeviceObservation;
}

/** A promise that was not kept: its number in the list of invariants, and what happened. */
export type Complain = (invariant: string, what: string) => void;

/** What an iommu group's or a controller's exclusion must hold for, told apart from everything else by its class. */
const isBridge = ({ class: code }: DeviceObservation): boolean => code?.startsWith('06') === true;

/**
 * Judges each committed transaction by the log alone, with rules of its own: who holds what (I1), a PF and its VFs (I2),
 * IOMMU groups (I3), one host for a VM (I4), streams and positions (I6), devices that may not be given (I9), owners (I10).
 */
export class LogCheck {
  readonly holds = new Map<string, Hold>();
  private readonly devices = new Map<string, DeviceObservation & { readonly hostId: string }>();
  private readonly cordoned = new Set<string>();
  private readonly missing = new Set<string>();
  private readonly releasing = new Set<string>();
  private readonly versions = new Map<string, number>();
  private readonly fences = new Map<string, number>();
  private position = 0;
  private readonly counted = new Set<string>();
  /** Given back within the transaction, and by whom: given anew it is kept. */
  private readonly returned = new Map<string, string>();

  constructor(private readonly complain: Complain) {}

  take(events: readonly StoredEvent[], leases: ReadonlyMap<string, Lease> = new Map()): void {
    this.returned.clear();
    this.countOnce(events);
    this.compareOwners(events, leases);
    for (const event of events) this.fold(event);
    // What was given, once all of its transaction is known: a VM may give back elsewhere what it is given here.
    for (const { type, data } of events) if (type === 'DevicesReserved') this.judge(data as Told);
  }

  /** Takes one event in; who held what is judged at the end of its transaction. */
  fold(event: StoredEvent): void {
    this.order(event);
    const { type } = event;
    const told = event.data as Told;
    if (event.stream.startsWith('host-')) this.observe(type, told);
    if (type === 'DevicesReserved' || type === 'ReservationAdopted') this.give(told, type === 'ReservationAdopted');
    if (type === 'DevicesReleased') this.release(told);
    if (type === 'ReleasePending') for (const { deviceId } of told.devices) this.releasing.add(deviceId);
  }

  /** Of I6: what a platform says counts in one transaction, however often it is heard. */
  private countOnce(events: readonly StoredEvent[]): void {
    const keys = new Set(
      events.flatMap(({ meta: { source, causationId = '' } }) => (source === 'allocator' && causationId.startsWith('vm:') ? [causationId] : [])),
    );
    for (const key of keys) {
      if (this.counted.has(key)) this.complain('I6', `${key} counts for the second time`);
      this.counted.add(key);
    }
  }

  /** I10: who writes holds the lease, whether or not somebody else has written before. */
  private compareOwners(events: readonly StoredEvent[], leases: ReadonlyMap<string, Lease>): void {
    for (const {
      position,
      meta: { source = '', fence },
    } of events) {
      const owner = leases.get(source)?.fence;
      if (fence !== undefined && owner !== undefined && fence !== owner)
        this.complain('I10', `owner ${fence} of the ${source} wrote ${position}, and owner ${owner} has its lease`);
    }
  }

  private order({ position, stream, version, meta: { source = '', fence } }: StoredEvent): void {
    this.position += 1;
    if (position !== this.position) this.complain('I6', `position ${position} after ${this.position - 1}`);
    const before = this.versions.get(stream) ?? 0;
    if (version !== before + 1) this.complain('I6', `${stream} has version ${version} after ${before}`);
    this.versions.set(stream, version);
    if (fence === undefined) return;
    const newest = this.fences.get(source) ?? 0;
    if (fence < newest) this.complain('I10', `owner ${fence} of the ${source} wrote ${position} after owner ${newest}`);
    this.fences.set(source, Math.max(newest, fence));
  }

  private observe(type: string, { hostId, deviceId, device }: Told): void {
    if (device) this.devices.set(device.deviceId, { ...device, hostId });
    if (type === 'DeviceRemoved') this.devices.delete(deviceId);
    if (type === 'DeviceCordoned') this.cordoned.add(deviceId);
    if (type === 'DeviceUncordoned') this.cordoned.delete(deviceId);
    if (type === 'DeviceMissing') this.missing.add(deviceId);
    if (type === 'DeviceReturned' || type === 'DeviceDiscovered' || type === 'DeviceRemoved') this.missing.delete(device?.deviceId ?? deviceId);
  }

  private give({ devices, vmId, hostId, migrationId }: Told, adopted: boolean): void {
    for (const { deviceId, addedBy } of devices) {
      const held = this.holds.get(deviceId);
      if (held) this.complain('I1', `${deviceId} is given to ${vmId} while ${held.vmId} holds it`);
      this.holds.set(deviceId, { vmId, hostId, adopted, migrationId, added: addedBy !== undefined });
      const device = this.devices.get(deviceId);
      if (adopted || this.returned.get(deviceId) === vmId) continue;
      if (!device) this.complain('I9', `${deviceId} is given to ${vmId} and is not there`);
      if (this.cordoned.has(deviceId)) this.complain('I9', `${deviceId} is given to ${vmId} and is cordoned`);
      if (this.missing.has(deviceId)) this.complain('I9', `${deviceId} is given to ${vmId} and is missing`);
    }
  }

  private release({ devices, vmId }: Told): void {
    for (const { deviceId } of devices) {
      if (this.holds.get(deviceId)?.vmId !== vmId) this.complain('I1', `${vmId} gives back ${deviceId}, which it does not hold`);
      this.holds.delete(deviceId);
      this.returned.set(deviceId, vmId);
      this.releasing.delete(deviceId);
    }
  }

  /** What was given, at the end of its transaction. */
  private judge({ devices, vmId, hostId, migrationId }: Told): void {
    const kept = devices.filter(({ deviceId }) => this.holds.get(deviceId)?.vmId === vmId);
    for (const { deviceId } of kept) {
      const device = this.devices.get(deviceId);
      if (device) this.isolated(device, vmId, hostId);
    }
    // Where a VM has gone on within the transaction, nothing of what it was given before has been seen by anybody.
    if (migrationId !== undefined || kept.length === 0) return;
    for (const [deviceId, hold] of this.holds) {
      const elsewhere = hold.vmId === vmId && hold.hostId !== hostId && hold.migrationId === undefined;
      // What was adopted nobody has given: a host told of it, perhaps late.
      if (elsewhere && !hold.adopted && !this.releasing.has(deviceId))
        this.complain('I4', `${vmId} is given devices on ${hostId} and holds ${deviceId} on ${hold.hostId}, without a move`);
    }
  }

  private isolated(device: DeviceObservation, vmId: string, hostId: string): void {
    for (const [otherId, hold] of this.holds) {
      const other = this.devices.get(otherId);
      if (hold.vmId === vmId || hold.adopted || !other || hold.hostId !== hostId) continue;
      if (other.parentDeviceId === device.deviceId || device.parentDeviceId === otherId)
        this.complain('I2', `${device.address} is given to ${vmId} while ${hold.vmId} holds ${other.address}`);
      if (device.iommuGroup !== null && device.iommuGroup === other.iommuGroup && !isBridge(other) && !isBridge(device))
        this.complain('I3', `${device.address} of group ${device.iommuGroup} is given to ${vmId} while ${hold.vmId} holds ${other.address}`);
    }
  }

  /** I5: the table of claims is what the log says. */
  compare(claims: ReadonlyMap<string, string>): void {
    if (claims.size !== this.holds.size) this.complain('I5', `${claims.size} claims, ${this.holds.size} holds in the log`);
    for (const [deviceId, { vmId }] of this.holds)
      if (claims.get(deviceId) !== vmId) this.complain('I5', `${deviceId} is claimed by ${claims.get(deviceId)}, and held by ${vmId} in the log`);
  }
}
