import type { DomainEvent, EventData, HostDescription, ReservedDevice } from '@vfleet/contracts';
import {
  topologyOf,
  type Attributes,
  type Circumstances,
  type DeviceObservation,
  type DeviceRules,
  type ModelBook,
  type TagChanges,
  type Topology,
} from '@vfleet/pci';

/** Which fact a state comes from: a later agent start has a greater epoch, a later fact of one start a greater sequence. */
export interface FactOrder {
  readonly epoch: string;
  readonly sequence: number;
}

/** Devices of one host: more than any has, and few enough that a host that makes them up harms nobody else. */
export const MAX_DEVICES = 4_096;

/** A VM's hold on some devices of this host. */
export interface HostReservation {
  readonly reservationId: string;
  readonly vmId: string;
  readonly since: string;
  readonly devices: readonly ReservedDevice[];
  readonly requests: EventData<'DevicesReserved'>['requests'];
  readonly offering?: string;
  /** Near which it was chosen; undefined where nothing was said. */
  readonly numaNodes?: readonly number[];
  readonly unsafe: boolean;
  /** Something that was asked for has been given back since: it is not the whole wish any more. */
  readonly partial?: boolean;
  /** Something of it was found attached, without having been asked for. */
  readonly adopted?: boolean;
  /** Its host no longer has anything of it attached. */
  readonly orphaned?: boolean;
  /** Whose quotas the devices count against. */
  readonly tenant?: string;
  /** Devices that the VM has let go and that its host still has attached, and why it let go. */
  readonly releasing: ReadonlySet<string>;
  readonly cause?: string;
  /** Held on the target of this migration, until that is settled. */
  readonly migrationId?: string;
}

/** Everything that excludes each other on one host: its devices, who holds them, and what is known of it. */
export interface Host {
  readonly hostId: string;
  readonly description?: HostDescription;
  readonly status: 'unknown' | 'online' | 'offline' | 'stale';
  /** Newest agent start that was heard. */
  readonly epoch: string;
  readonly devices: ReadonlyMap<string, DeviceObservation>;
  /** Per device the newest fact that changed it. */
  readonly observed: ReadonlyMap<string, FactOrder>;
  readonly missing: ReadonlySet<string>;
  readonly cordoned: ReadonlySet<string>;
  /** What an operator said of devices' tags; `devices` have it applied. Both this and a cordon outlast the removal of a device. */
  readonly tags: ReadonlyMap<string, TagChanges>;
  readonly holders: ReadonlyMap<string, string>;
  /** An operator empties it: no new VM. */
  readonly draining?: boolean;
  /** By VM. */
  readonly reservations: ReadonlyMap<string, HostReservation>;
  /** Digest of the last attestation that differed from what is known. */
  readonly diverged?: string;
  /** From heartbeats; kept as a mark, not in the log. */
  readonly seen?: HostSeen;
}

export interface HostSeen {
  readonly lastSeenAt: string;
  readonly epoch: string;
  /** Of the newest attestation. */
  readonly sequence?: number;
  /** What the host last attested as attached, as `vmId address`; undefined where its agent cannot see. */
  readonly attachments?: readonly string[];
  /** Where guests see what is attached to them, by `vmId address`, as far as their agent told. */
  readonly guestAddresses?: Readonly<Record<string, string>>;
  /** VMs that had something attached, and have nothing since one attestation. */
  readonly detached?: readonly string[];
  /** VMs in the midst of a move that had something attached, and have nothing: as it should be, unless the move ends without them. */
  readonly unplugged?: readonly string[];
  /** The newest attestation meant other devices than the journal. */
  readonly diverged?: boolean;
}

export const newHost = (hostId: string): Host => ({
  hostId,
  status: 'unknown',
  epoch: '',
  devices: new Map(),
  observed: new Map(),
  missing: new Set(),
  cordoned: new Set(),
  tags: new Map(),
  holders: new Map(),
  reservations: new Map(),
});

export type HostEvent = DomainEvent<
  | 'HostOnline'
  | 'HostOffline'
  | 'HostStale'
  | 'HostRecovered'
  | 'HostDraining'
  | 'HostUndrained'
  | 'InventoryDiverged'
  | 'DeviceDiscovered'
  | 'DeviceChanged'
  | 'DeviceReturned'
  | 'DeviceRenamed'
  | 'DeviceReaddressed'
  | 'DeviceRemoved'
  | 'DeviceMissing'
  | 'DeviceCordoned'
  | 'DeviceUncordoned'
  | 'DeviceTagged'
  | 'DevicesReserved'
  | 'DevicesReleased'
  | 'ReleasePending'
  | 'DeviceLost'
  | 'ReservationAdopted'
  | 'ReservationOrphaned'
  | 'AttachmentDisputed'
  | 'IsolationLost'
  | 'PromiseBroken'
>;

const topologies = new WeakMap<Host['devices'], Topology>();

/** How the host's devices hang together; made once for each state of its hardware. */
export const topology = ({ devices }: Host): Topology => {
  let made = topologies.get(devices);
  if (!made) topologies.set(devices, (made = topologyOf(devices)));
  return made;
};

/** The same for the moment: it is not kept for a host of which nobody has asked for good, because of what it remembers. */
export const passingTopology = ({ devices }: Host): Topology => topologies.get(devices) ?? topologyOf(devices);

/** What decides on a host who may have what; `rules` are those of the catalogue, `made` a topology that was made for the moment. */
export const circumstances = (host: Host, rules: DeviceRules, made: Topology = topology(host)): Circumstances => ({
  topology: made,
  holders: host.holders,
  holds: (vmId) => host.reservations.has(vmId),
  cordoned: host.cordoned,
  missing: host.missing,
  stale: host.status === 'stale' || host.status === 'offline',
  unsafeIommuGroups: host.description?.unsafeIommuGroups === true,
  modelOf: (device) => rules.modelOf(host.hostId, device),
  excludedClass: rules.excludedClass,
  customDisabled: host.description?.customDevices === false,
  sockets: socketsOf(host),
  ...(host.draining && { closedTo: (vmId: string) => !host.reservations.has(vmId) }),
  ...(made === topologies.get(host.devices) && { still: stillOf(host, rules) }),
});

interface Still extends Pick<Host, 'missing' | 'cordoned' | 'status' | 'description' | 'draining'> {
  readonly rules: DeviceRules;
}

const stills = new WeakMap<Host['devices'], Still>();

/** One object for each state of a host in everything but who holds what. */
const stillOf = ({ devices, missing, cordoned, status, description, draining }: Host, rules: DeviceRules): Still => {
  const known = stills.get(devices);
  const same =
    known?.missing === missing &&
    known.cordoned === cordoned &&
    known.status === status &&
    known.description === description &&
    known.draining === draining &&
    known.rules === rules;
  if (same) return known;
  const made = { missing, cordoned, status, rules, draining, ...(description && { description }) };
  stills.set(devices, made);
  return made;
};

const sockets = new WeakMap<HostDescription, ReadonlyMap<number, number>>();

/** NUMA node to socket, as far as the host tells. */
export const socketsOf = ({ description }: Host): ReadonlyMap<number, number> => {
  if (!description?.numaNodes) return NO_SOCKETS;
  const known = sockets.get(description);
  if (known) return known;
  const made = new Map(description.numaNodes.flatMap(({ id, socket }) => (socket === undefined ? [] : [[id, socket] as const])));
  sockets.set(description, made);
  return made;
};

const NO_SOCKETS: ReadonlyMap<number, number> = new Map();

/** What a match may ask of the devices of a host, their registered models included. */
export const attributesOn =
  (host: Host, models: ModelBook): ((device: DeviceObservation) => Attributes) =>
  (device) => {
    const attributes = topology(host).attributesOf(device);
    const model = models.modelOf(host.hostId, device);
    return model ? { ...attributes, model: model.model, deviceType: model.deviceType } : attributes;
  };
