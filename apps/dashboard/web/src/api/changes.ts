/** What changed, as `/live/changes` tells it: ids of each kind, or that there are too many to name. */
export interface Changes {
  readonly hosts: readonly string[] | 'many';
  readonly devices: readonly string[] | 'many';
  readonly vms: readonly string[] | 'many';
  readonly migrations: readonly string[] | 'many';
}

type Kind = keyof Changes;

/** Which kinds of things each read shows; what is not listed shows nothing that the journal changes. */
const SHOWS: Readonly<Record<string, readonly Kind[]>> = {
  'devices.list': ['devices'],
  'devices.get': ['devices'],
  'devices.affected': ['devices'],
  'devices.history': ['devices'],
  'devices.holders': ['devices'],
  'hosts.list': ['hosts', 'devices'],
  'hosts.get': ['hosts', 'devices'],
  'hosts.tree': ['hosts', 'devices'],
  'pools.list': ['devices'],
  'reservations.list': ['vms'],
  'reservations.get': ['vms'],
  'vms.get': ['vms', 'migrations'],
  'vms.history': ['vms', 'migrations'],
  'migrations.list': ['migrations'],
  'migrations.get': ['migrations'],
  read: ['hosts', 'devices', 'vms'],
};

/** The ids in a request that narrow what it shows. */
const NARROWING: Readonly<Record<Kind, string>> = { hosts: 'hostId', devices: 'deviceId', vms: 'vmId', migrations: 'migrationId' };

const touches = (changed: readonly string[] | 'many', id: unknown): boolean => {
  if (changed === 'many') return true;
  return typeof id === 'string' ? changed.includes(id) : changed.length > 0;
};

/** Whether a read, by its query key, may answer something else since these changes. The past (`at`) never does. */
export const isTouched = ([name, request]: readonly unknown[], changes: Changes): boolean => {
  const fields = typeof request === 'object' && request !== null ? (request as Readonly<Record<string, unknown>>) : {};
  if (fields['at'] !== undefined || (typeof request === 'string' && /[?&]at=/.test(request))) return false;
  return (SHOWS[String(name)] ?? []).some((kind) => touches(changes[kind], fields[NARROWING[kind]]));
};
