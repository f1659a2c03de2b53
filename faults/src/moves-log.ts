import { holdersOf, type Findings, type LogEvent } from './findings.js';

/** A device that a host attests as attached to a VM. */
export interface Attachment {
  readonly hostId: string;
  readonly vmId: string;
  readonly address: string;
}

/** A device that a VM holds, by the log. */
export interface Holding extends Attachment {
  readonly deviceId: string;
}

interface Change {
  readonly vmId: string;
  readonly hostId: string;
  readonly devices: readonly { readonly deviceId: string; readonly address: string }[];
}

interface Order {
  readonly commandId: string;
}

const TAKEN: ReadonlySet<string> = new Set(['DevicesReserved', 'ReservationAdopted']);
const BEGUN: ReadonlySet<string> = new Set(['MigrationRequested', 'MigrationRetried']);
const ENDED: ReadonlySet<string> = new Set([
  'MigrationCompleted',
  'MigrationRolledBack',
  'MigrationCancelled',
  'MigrationRejected',
  'MigrationFailed',
]);
const ORDERED: ReadonlySet<string> = new Set(['HostdevUnplugRequested', 'HostdevPlugRequested']);
const ANSWERED: ReadonlySet<string> = new Set(['HostdevUnplugged', 'HostdevPlugged', 'HostdevCommandFailed']);

/** Who holds what after all events; a device that was given twice is there twice. */
export const holdingsOf = (events: readonly LogEvent[]): readonly Holding[] => {
  const held = new Map<string, Holding>();
  for (const { type, data } of events) {
    if (!TAKEN.has(type) && type !== 'DevicesReleased') continue;
    const { vmId, hostId, devices } = data as Change;
    for (const { deviceId, address } of devices)
      if (TAKEN.has(type)) held.set(`${deviceId} ${vmId}`, { vmId, hostId, deviceId, address });
      else held.delete(`${deviceId} ${vmId}`);
  }
  return [...held.values()];
};

/** How each move has ended, by its stream; undefined for one that goes on. */
export const endsOf = (events: readonly LogEvent[]): ReadonlyMap<string, string | undefined> => {
  const ends = new Map<string, string | undefined>();
  for (const { stream, type } of events) {
    if (BEGUN.has(type)) ends.set(stream, undefined);
    if (ENDED.has(type)) ends.set(stream, type);
  }
  return ends;
};

const openOrders = (events: readonly LogEvent[]): readonly string[] => {
  const open = new Set<string>();
  for (const { type, data } of events) {
    if (ORDERED.has(type)) open.add((data as Order).commandId);
    if (ANSWERED.has(type)) open.delete((data as Order).commandId);
  }
  return [...open];
};

const named = ({ hostId, vmId, address }: Attachment): string => `${address} of ${hostId} for ${vmId}`;

/**
 * Judges moves that should be over: each VM (`runsOn`: where it is) holds one device, on the host where it runs, that is attached to
 * it, and nothing else is; no move and no order is left open. VMs that are not named are not looked at.
 */
export const judgeMoves = (events: readonly LogEvent[], attachments: readonly Attachment[], runsOn: ReadonlyMap<string, string>): Findings => {
  const held = holdingsOf(events).filter(({ vmId }) => runsOn.has(vmId));
  const attached = attachments.filter(({ vmId }) => runsOn.has(vmId));
  const heldNames = new Set(held.map(named));
  const attachedNames = new Set(attached.map(named));
  const of = (vmId: string): number => held.filter((one) => one.vmId === vmId).length;
  const shared = [...holdersOf(events)].filter(([, vms]) => vms.size > 1);
  return {
    lost: [
      ...[...runsOn.keys()].filter((vmId) => of(vmId) === 0).map((vmId) => `${vmId} holds nothing`),
      ...[...endsOf(events)].filter(([, end]) => end === undefined).map(([stream]) => `${stream} has not ended`),
      ...openOrders(events).map((commandId) => `nobody has said what became of order ${commandId}`),
    ],
    doubled: [
      ...[...runsOn.keys()].filter((vmId) => of(vmId) > 1).map((vmId) => `${vmId} holds ${of(vmId)} devices`),
      ...shared.map(([deviceId, vms]) => `${deviceId} is held by ${[...vms].join(' and ')}`),
    ],
    misplaced: [
      ...held.filter(({ vmId, hostId }) => runsOn.get(vmId) !== hostId).map((one) => `${named(one)} is held, and the VM is elsewhere`),
      ...held.filter((one) => !attachedNames.has(named(one))).map((one) => `${named(one)} is held and not attached`),
      ...attached.filter((one) => !heldNames.has(named(one))).map((one) => `${named(one)} is attached and not held`),
    ],
  };
};
