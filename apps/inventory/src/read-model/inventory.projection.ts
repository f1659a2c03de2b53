import type { Projection, RecordedEvent } from '@vfleet/journal';
import type pg from 'pg';
import { deviceEventTable } from './device-event.table.js';
import { deviceTable } from './device.table.js';
import { HostPictures } from './host-pictures.js';
import { hostTable } from './host.table.js';
import { asKnown, isMigrationEvent, subjectsOf, type KnownEvent, type Subjects } from './known-event.js';
import { applyToMigration, type MigrationRow } from './migration.js';
import { migrationTable } from './migration.table.js';
import { poolTable } from './pool.table.js';
import { KnownRules, isRuleEvent, type RuleEvent } from './rule-changes.js';
import { ruleTable } from './rule.table.js';
import { applyToVm, type VmRow } from './vm.js';
import { vmEventTable } from './vm-event.table.js';
import { vmTable } from './vm.table.js';

export const SCHEMA = 'inventory';
/** Events in one transaction at most: enough that a rebuild spends its time on rows and not on round trips. */
export const MAX_BATCH = 5_000;
/** Hosts that are judged anew together when a rule changes. */
const HOSTS_AT_ONCE = 200;

export const inventoryTables = (schema: string) => ({
  devices: deviceTable(schema),
  hosts: hostTable(schema),
  vms: vmTable(schema),
  pools: poolTable(schema),
  migrations: migrationTable(schema),
  history: deviceEventTable(schema),
  vmHistory: vmEventTable(schema),
  rules: ruleTable(schema),
});

/** Where the rows are written, and read again. */
export type InventoryTables = ReturnType<typeof inventoryTables>;

/**
 * Makes the inventory's rows of events: devices, hosts, VMs, their migrations, and the indexes of devices' and VMs' histories. One checkpoint, named
 * like the schema, so that a second one can be built beside the live one.
 */
export const inventoryProjection = (schema = SCHEMA, maxDevicesInMemory?: number, tables: InventoryTables = inventoryTables(schema)): Projection => {
  const pictures = new HostPictures(tables.hosts, tables.devices, maxDevicesInMemory);

  const rules = new KnownRules(tables.rules, pictures);

  const settle = async (client: pg.ClientBase, hostIds: readonly string[]): Promise<void> => {
    const changes = hostIds.map((hostId) => ({ hostId, ...pictures.get(hostId).settle() }));
    await put(
      client,
      changes.flatMap(({ host }) => host ?? []),
      tables.hosts.put,
    );
    const devices = changes.flatMap((one) => one.devices);
    await put(client, devices, tables.devices.put);
    await put(client, devices, tables.devices.noteAddresses);
    await put(
      client,
      changes.flatMap(({ statuses }) => statuses),
      tables.devices.putStatuses,
    );
    await tables.pools.change(client, changes);
  };

  const projectHosts = async (client: pg.ClientBase, events: readonly About[]): Promise<void> => {
    const hostIds = [...new Set(events.flatMap(({ hostId }) => hostId ?? []))];
    if (hostIds.length === 0) return;
    await rules.load(client);
    await pictures.load(client, hostIds);
    for (const { event, hostId, deviceIds } of events) if (hostId !== undefined) pictures.get(hostId).apply(event, deviceIds);
    await settle(client, hostIds);
  };

  /** Every host with a device of the model, or of the class, is judged anew, some at a time: there may be as many as the fleet has. */
  const projectRule = async (client: pg.ClientBase, event: RuleEvent): Promise<void> => {
    const hostIds = await rules.apply(client, event);
    for (let from = 0; from < hostIds.length; from += HOSTS_AT_ONCE) {
      const some = hostIds.slice(from, from + HOSTS_AT_ONCE);
      await pictures.load(client, some);
      for (const hostId of some) pictures.get(hostId).judgeAnew();
      await settle(client, some);
    }
  };

  const projectVms = async (client: pg.ClientBase, events: readonly About[]): Promise<void> => {
    const vmIds = [...new Set(events.flatMap(({ vmId }) => vmId ?? []))];
    if (vmIds.length === 0) return;
    const rows = new Map<string, VmRow | null>((await tables.vms.get(client, vmIds)).map((row) => [row.vmId, row]));
    for (const { event, vmId } of events) if (vmId !== undefined) rows.set(vmId, applyToVm(rows.get(vmId) ?? null, vmId, event));
    await put(
      client,
      [...rows.values()].flatMap((row) => row ?? []),
      tables.vms.put,
    );
  };

  const projectMigrations = async (client: pg.ClientBase, events: readonly About[]): Promise<void> => {
    const ids = [...new Set(events.flatMap(({ migrationId }) => migrationId ?? []))];
    if (ids.length === 0) return;
    const rows = new Map<string, MigrationRow | null>((await tables.migrations.get(client, ids)).map((row) => [row.migrationId, row]));
    for (const { event, migrationId } of events)
      if (migrationId !== undefined && isMigrationEvent(event)) rows.set(migrationId, applyToMigration(rows.get(migrationId) ?? null, event));
    await put(
      client,
      [...rows.values()].flatMap((row) => row ?? []),
      tables.migrations.put,
    );
  };

  const projectVmHistory = (client: pg.ClientBase, events: readonly About[]): Promise<void> => {
    const rows = events.flatMap(({ event: { position }, vmId }) => (vmId === undefined ? [] : [{ vmId, position }]));
    return put(client, rows, tables.vmHistory.put);
  };

  const projectHistory = (client: pg.ClientBase, events: readonly About[]): Promise<void> => {
    const rows = events.flatMap(({ event: { position }, deviceIds = [] }) => [...new Set(deviceIds)].map((deviceId) => ({ deviceId, position })));
    return put(client, rows, tables.history.put);
  };

  return {
    name: schema,
    apply: async (client, events) => {
      const about = events.flatMap(toAbout);
      for (const run of betweenRules(about)) {
        await projectHosts(client, run);
        const last = run.at(-1)?.event;
        if (last && isRuleEvent(last)) await projectRule(client, last);
      }
      await projectVms(client, about);
      await projectMigrations(client, about);
      await projectHistory(client, about);
      await projectVmHistory(client, about);
    },
    reset: () => {
      pictures.clear();
      rules.clear();
    },
  };
};

interface About extends Subjects {
  readonly event: KnownEvent;
}

const toAbout = (recorded: RecordedEvent): readonly About[] => {
  const event = asKnown(recorded);
  return event ? [{ event, ...subjectsOf(event) }] : [];
};

/** Runs of events of which each but the last ends with one that changes the rules: devices before it are judged by those before. */
const betweenRules = (events: readonly About[]): readonly (readonly About[])[] => {
  const runs: About[][] = [[]];
  for (const about of events) {
    runs.at(-1)?.push(about);
    if (isRuleEvent(about.event)) runs.push([]);
  }
  return runs;
};

const put = async <Row>(
  client: pg.ClientBase,
  rows: readonly Row[],
  write: (client: pg.ClientBase, rows: readonly Row[]) => Promise<unknown>,
): Promise<void> => {
  if (rows.length > 0) await write(client, rows);
};
