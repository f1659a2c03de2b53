import type { ReservedDevice } from '@vfleet/contracts';
import type { Wish } from '@vfleet/pci';
import { EMPTY_CATALOG, type CatalogEvent, type CatalogState } from './domain/catalog.js';
import { evolveCatalog } from './domain/catalog.evolve.js';
import type { Fleet } from './domain/decision.js';
import { evolveHost } from './domain/host.evolve.js';
import { attributesOn, newHost, type Host, type HostEvent, type HostReservation, type HostSeen } from './domain/host.js';
import { isIncoming, settled } from './domain/moves.js';
import { evolveVm, markVm, type Vm, type VmEvent, type VmMark } from './domain/vm.js';
import { CATALOG_EVENTS, HOST_EVENTS, VM_EVENTS } from './folded-events.js';
import { FleetIndex, type RankOptions, type Ranking } from './fleet-index/fleet-index.js';
import { Overlay } from './overlay.js';
import { QuotaUse, type Holding } from './quota-use.js';

/** The fleet without decisions that are not committed yet. */
export interface SettledFleet extends Pick<Fleet, 'host' | 'vm' | 'hostsOf' | 'catalog' | 'usedOf'> {
  /** VMs that hold something. */
  readonly holders: () => Iterable<string>;
}

/**
 * The newest state of everything, folded from the journal. Decisions of one batch are laid over it and taken in when
 * they are committed, so that nothing is ever seen that might not have happened.
 */
export class FleetMemory implements Fleet {
  private readonly hosts = new Overlay<string, Host>();
  private readonly vms = new Overlay<string, Vm>();
  private readonly holdings = new Overlay<string, readonly string[]>();
  private readonly versions = new Overlay<string, number>();
  private readonly catalogs = new Overlay<'catalog', CatalogState>();
  private readonly quotaUse = new QuotaUse();
  private readonly index = new FleetIndex({ host: (hostId) => this.host(hostId), catalog: () => this.catalog() });
  private isSealed = false;
  private heard: (hostId: string) => void = () => undefined;
  private readonly parts = [this.hosts, this.vms, this.holdings, this.versions, this.catalogs, this.quotaUse, this.index];

  host(hostId: string): Host | undefined {
    return this.hosts.get(hostId);
  }

  vm(vmId: string): Vm | undefined {
    return this.vms.get(vmId);
  }

  hostsOf(vmId: string): readonly string[] {
    return this.holdings.get(vmId) ?? NOWHERE;
  }

  hostIds(): Iterable<string> {
    return this.hosts.keys();
  }

  /** Where the VM holds something comes first: what it holds is free to it, and nowhere else shows in the counts. */
  *hostsFor(wish: Wish): Iterable<string> {
    const own = this.hostsOf(wish.vmId);
    yield* own;
    const { fits, misses } = this.rank(wish);
    let found = own.length > 0;
    for (const { hostId } of fits) {
      found = true;
      if (!own.includes(hostId)) yield hostId;
    }
    if (found) return;
    // Nobody can serve: the host that is nearest to it can say what is missing.
    for (const { hostId } of misses) {
      yield hostId;
      return;
    }
  }

  /** Looks at some hosts before somebody asks for them; false when all have been looked at. */
  lookAhead(hosts: number): boolean {
    return this.index.settleSome(hosts);
  }

  /** Hosts for a wish, by their counts; what has been decided and not yet been committed counts as well. */
  rank(wish: Wish, options?: RankOptions): Ranking {
    return this.index.rank(wish, options);
  }

  catalog(): CatalogState {
    return this.catalogs.get('catalog') ?? EMPTY_CATALOG;
  }

  usedOf(quotaName: string): number {
    return this.quotaUse.usedOf(quotaName);
  }

  chargedTo(deviceId: string): readonly string[] {
    return this.quotaUse.chargedTo(deviceId);
  }

  /** What is committed: the only thing that anybody outside may be told. */
  readonly settled: SettledFleet = {
    host: (hostId) => this.hosts.getSettled(hostId),
    vm: (vmId) => this.vms.getSettled(vmId),
    hostsOf: (vmId) => this.holdings.getSettled(vmId) ?? NOWHERE,
    holders: () => this.holdings.settledKeys(),
    catalog: () => this.catalogs.getSettled('catalog') ?? EMPTY_CATALOG,
    usedOf: (quotaName) => this.quotaUse.settledUseOf(quotaName),
  };

  /** VMs that hold something. */
  holders(): Iterable<string> {
    return this.holdings.keys();
  }

  /** Version of the newest event of a stream; 0 for a stream that does not exist. */
  version(stream: string): number {
    return this.versions.get(stream) ?? 0;
  }

  /** Takes an event in. One of an unknown type, written by a newer version, counts and changes nothing. */
  apply(stream: string, version: number, event: { readonly type: string; readonly data: unknown }): void {
    this.versions.set(stream, version);
    const at = stream.indexOf('-');
    const id = stream.slice(at + 1);
    if (stream.startsWith('host-') && HOST_EVENTS.has(event.type)) this.applyToHost(id, event as HostEvent);
    else if (stream.startsWith('vm-') && VM_EVENTS.has(event.type)) this.vms.set(id, evolveVm(this.vms.get(id), event as VmEvent));
    else if (stream.startsWith('catalog-') && CATALOG_EVENTS.has(event.type)) this.applyToCatalog(event as CatalogEvent);
  }

  /** Takes in the newest thing seen of a host or a VM. */
  applyMark(key: string, value: unknown): void {
    const at = key.indexOf(':');
    const id = key.slice(at + 1);
    if (key.startsWith('host:')) this.seeHost(id, value as HostSeen);
    else if (key.startsWith('vm:')) this.vms.set(id, markVm(this.vms.get(id), id, value as VmMark));
  }

  /** What was applied since the last commit is one whole: the next commit takes in just that. Once before each commit at most. */
  seal(): void {
    for (const part of this.parts) part.seal();
    this.isSealed = true;
  }

  /** Takes in what is sealed, or all that was applied where nothing is. */
  commit(): void {
    if (!this.isSealed) this.seal();
    for (const part of this.parts) part.commit();
    this.isSealed = false;
  }

  /** Drops all that is not taken in. */
  rollback(): void {
    for (const part of this.parts) part.rollback();
    this.isSealed = false;
  }

  /** Calls back with each host that is heard from now on, once it stands in memory. */
  onHeard(heard: (hostId: string) => void): void {
    this.heard = heard;
  }

  private seeHost(hostId: string, seen: HostSeen): void {
    const known = this.hosts.get(hostId);
    this.hosts.set(hostId, { ...(known ?? newHost(hostId)), seen });
    if (!known) this.index.touch(hostId);
    if (seen.lastSeenAt !== known?.seen?.lastSeenAt) this.heard(hostId);
  }

  private applyToHost(hostId: string, event: HostEvent): void {
    const host = evolveHost(this.hosts.get(hostId) ?? newHost(hostId), event);
    this.hosts.set(hostId, host);
    this.index.touch(hostId);
    this.countHoldings(host, event);
    this.noteHolder(host, event);
    if (event.type === 'DevicesReleased' || event.type === 'ReleasePending') this.settle(event.data.vmId);
  }

  private noteHolder(host: Host, event: HostEvent): void {
    if (event.type !== 'DevicesReserved' && event.type !== 'ReservationAdopted' && event.type !== 'DevicesReleased') return;
    const { vmId } = event.data;
    const others = this.hostsOf(vmId).filter((other) => other !== host.hostId);
    const holds = host.reservations.has(vmId) ? [...others, host.hostId] : others;
    this.holdings.set(vmId, holds.length > 0 ? holds : undefined);
  }

  /** What a VM holds on the target of its move is its own, and counts, once nothing is held on the source any more. */
  private settle(vmId: string): void {
    const hosts = this.hostsOf(vmId).flatMap((hostId) => this.hosts.get(hostId) ?? []);
    for (const host of settled(hosts, vmId)) {
      this.hosts.set(host.hostId, host);
      const { devices, tenant } = host.reservations.get(vmId) as HostReservation;
      this.charge(host, devices, tenant);
    }
  }

  private applyToCatalog(event: CatalogEvent): void {
    const before = this.catalog();
    const after = evolveCatalog(before, event);
    this.catalogs.set('catalog', after);
    if (event.type === 'QuotaRemoved') this.quotaUse.forget(event.data.name);
    const quota = event.type === 'QuotaPut' && !before.quotas.has(event.data.name) ? after.quotas.get(event.data.name) : undefined;
    if (quota) this.quotaUse.begin(quota, this.heldBy(quota.tenant));
  }

  private countHoldings(host: Host, event: HostEvent): void {
    if (event.type === 'DevicesReleased') for (const { deviceId } of event.data.devices) this.quotaUse.giveBack(deviceId);
    if (event.type !== 'DevicesReserved' && event.type !== 'ReservationAdopted') return;
    // Of a move the source counts until it is settled.
    if ('migrationId' in event.data && event.data.migrationId !== undefined) return;
    this.charge(host, event.data.devices, event.data.tenant);
  }

  private charge(host: Host, devices: readonly ReservedDevice[], tenant: string | undefined): void {
    const quotas = this.catalog().quotasOf.get(tenant ?? '');
    if (quotas) this.quotaUse.take([...this.holdingsOf(host, devices)], quotas);
  }

  /** Everything that a tenant's VMs hold. Looks at every host: for the moment when a quota is made. */
  private *heldBy(tenant: string): Iterable<Holding> {
    for (const hostId of this.hosts.keys()) {
      const host = this.hosts.get(hostId) as Host;
      for (const reservation of host.reservations.values())
        if (reservation.tenant === tenant && !isIncoming(reservation)) yield* this.holdingsOf(host, reservation.devices);
    }
  }

  private *holdingsOf(host: Host, devices: readonly ReservedDevice[]): Iterable<Holding> {
    const attributesOf = attributesOn(host, this.catalog().rules);
    for (const { deviceId } of devices) {
      const device = host.devices.get(deviceId);
      if (device) yield { deviceId, attributes: attributesOf(device) };
    }
  }
}

const NOWHERE: readonly string[] = [];
