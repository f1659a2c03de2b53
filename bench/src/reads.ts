import type { ApiName } from '@vfleet/contracts';
import { aMillionDevices } from './million-devices.js';
import { percentile, type Measurement } from './measurement.js';
import { openStage, type Stage } from './stage.js';

const ROUNDS = 100;
const LIST_MS = 25;
const POOL_MS = 10;

/** One for each key of a filter, what many have, few, one and none; and keys together. */
const FILTERS: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { kind: 'pci' },
  { vendorId: '8086' },
  { vendorId: '10de' },
  { vendorId: 'ffff' },
  { productId: ['154c', '1572'] },
  { subsystemVendorId: '8086', subsystemProductId: '0008' },
  { class: '02' },
  { class: '0302' },
  { address: '0000:18:02.1' },
  { address: '0000:18:*.*' },
  { address: '*:*:00.0' },
  { address: '*:1c:*.7' },
  { pf: 'ens0f0' },
  { pf: 'ens1f0#0-3,7' },
  { name: '10GE' },
  { name: 'GPU' },
  { model: 'none' },
  { deviceType: 'SRIOV-VF' },
  { driver: 'iavf' },
  { functionType: 'pf' },
  { numaNode: 1 },
  { iommuGroup: 42 },
  { iommuGroup: 9_999 },
  { physicalNetwork: 'net-3' },
  { parentDeviceId: '0123456789abcdef0123' },
  { linkType: 'ether', speedMbps: 10_000 },
  { liveMigratable: true },
  { 'tags.rack': 'b7' },
  { 'tags.spare': 'yes' },
  { hostId: 'host-7-31' },
  { state: 'held' },
  { state: 'available', name: '10GE', 'tags.rack': 'b9', numaNode: 0 },
  { eligible: false },
  { vmId: 'vm-7' },
  { hostId: 'host-200-60', state: 'available' },
  { vendorId: '8086', numaNode: 1 },
  { 'tags.rack': 'b7', 'tags.zone': 'c' },
  { 'tags.rack': 'b7', functionType: 'pf' },
  { 'tags.spare': 'yes', vendorId: '8086' },
  { pf: 'ens1f0#40' },
  { pf: 'ens1f0#13', 'tags.rack': 'b7' },
  { iommuGroup: 42, 'tags.rack': 'b7' },
  { iommuGroup: 42, vendorId: '10de' },
  { iommuGroup: 42, functionType: 'pf' },
  { address: '0000:18:02.1', functionType: 'pf' },
  { address: '*:*:00.0', 'tags.spare': 'yes' },
  { state: 'removed' },
  { state: ['held', 'removed'] },
];

/** Expressions: of what pools are told apart by, and of what is each device's own. */
const EXPRESSIONS: readonly string[] = [
  'device.vendorId == "10de"',
  'device.numaNode == 1 && device.tags["rack"] == "b7"',
  'device.vfIndex == 3 && device.name == "10GE"',
];

const GROUPS: readonly Readonly<Record<string, unknown>>[] = [
  { groupBy: [] },
  {},
  { groupBy: ['vendorId', 'productId', 'class', 'numaNode'] },
  { groupBy: ['tags.rack', 'state'] },
  { groupBy: ['deviceType', 'physicalNetwork', 'eligible'], filter: { 'tags.zone': 'a' } },
  { filter: { hostId: 'host-7-31' } },
  { groupBy: ['name'], filter: { state: 'available', numaNode: 1 } },
];

/** How long reads take at a million devices, first page and the pages after it, one request at a time. */
export const reads = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  await stage.start('allocator');
  await stage.start('inventory');
  const devices = await aMillionDevices(stage);
  const floor = await timesOf(stage, 'devices.get', { hostId: 'host-7-31', address: '0000:18:02.1' });
  const lists = await measureAll(
    stage,
    'devices.list',
    FILTERS.map((filter) => ({ filter })),
  );
  const expressions = await measureAll(
    stage,
    'devices.list',
    EXPRESSIONS.map((where) => ({ where })),
  );
  const pools = await measureAll(stage, 'pools.list', GROUPS);
  const totals = await timesOf(stage, 'hosts.get', { hostId: 'host-7-31' });
  await stage.close();

  const against = { what: 'devices.get', value: percentile(floor, 0.99) };
  const p99 = (what: string, value: number, figure: number): Measurement => ({
    section: 'reads',
    what: `${devices} devices: ${what}`,
    value,
    unit: 'ms p99',
    against,
    aim: { at: 'most', figure, of: 'value' },
  });
  const told = ([body, times]: Measured, figure: number): Measurement => p99(JSON.stringify(body), percentile(times, 0.99), figure);
  const median = (what: string, all: readonly Measured[]): Measurement => ({
    section: 'reads',
    what: `${devices} devices: ${what}`,
    value: percentile(
      all.flatMap(([, times]) => times),
      0.5,
    ),
    unit: 'ms p50',
    against: { what: 'devices.get', value: percentile(floor, 0.5) },
  });
  return [
    median(`devices.list, all of ${FILTERS.length} filters`, lists),
    median(`pools.list, all of ${GROUPS.length} groupings`, pools),
    p99(
      `devices.list, all of ${FILTERS.length} filters`,
      percentile(
        lists.flatMap(([, times]) => times),
        0.99,
      ),
      LIST_MS,
    ),
    ...slowest(lists).map((one) => told(one, LIST_MS)),
    ...expressions.map((one) => told(one, LIST_MS)),
    p99(
      `pools.list, all of ${GROUPS.length} groupings`,
      percentile(
        pools.flatMap(([, times]) => times),
        0.99,
      ),
      POOL_MS,
    ),
    ...slowest(pools).map((one) => told(one, POOL_MS)),
    p99('totals of a host', percentile(totals, 0.99), POOL_MS),
  ];
};

type Measured = readonly [body: object, milliseconds: readonly number[]];

const SHOWN = 3;
const slowest = (all: readonly Measured[]): readonly Measured[] =>
  [...all].sort(([, a], [, b]) => percentile(b, 0.99) - percentile(a, 0.99)).slice(0, SHOWN);

const measureAll = async (stage: Stage, name: ApiName, bodies: readonly object[]): Promise<readonly Measured[]> => {
  const all: Measured[] = [];
  for (const body of bodies) all.push([body, await timesOf(stage, name, body)]);
  return all;
};

/** Page after page, from the beginning again when there are no more. The first answers prepare what later ones find prepared. */
const timesOf = async ({ client }: Stage, name: ApiName, body: object): Promise<readonly number[]> => {
  const times: number[] = [];
  let cursor: string | null | undefined;
  for (let round = -5; round < ROUNDS; round += 1) {
    const sent = performance.now();
    const reply = await client.request(name, { ...body, ...(cursor && { cursor }) });
    if (round >= 0) times.push(performance.now() - sent);
    cursor = (reply as { readonly nextCursor?: string | null }).nextCursor;
  }
  return times;
};
