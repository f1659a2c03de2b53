import { BUILT_IN_DEVICE_TYPES } from '@vfleet/pci';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { listCandidates } from '@vfleet/allocator/candidates';
import { FleetMemory } from '@vfleet/allocator/fleet-memory';
import { reserve, understand } from '@vfleet/allocator/reserve';
import { compileWhere } from '@vfleet/cel';
import type { DeviceRequest } from '@vfleet/contracts';
import { percentile, type Measurement } from './measurement.js';
import { hostReport } from './realistic-host.js';
import { searchInSql } from './candidates-in-sql.js';

const HOSTS = 10_000;
const DEVICES = 64;
const ROUNDS = 1_000;
const COLD_ROUNDS = 40;
const LIMIT = 100;
const NAME = '10GE';

/** Devices that VMs hold at the start, on each host another number of them. */
const heldOn = (host: number): number => (host * 7) % 50;

interface Question {
  readonly what: string;
  readonly devices: readonly DeviceRequest[];
  readonly aimMs: number;
}

const QUESTIONS: readonly Question[] = [
  { what: 'one by name', devices: [{ device: NAME }], aimMs: 1 },
  { what: 'two by match', devices: [{ match: { functionType: 'vf', physicalNetwork: 'net-1' }, count: 2 }], aimMs: 10 },
  {
    what: 'seven by three requests',
    devices: [
      { device: NAME, count: 4, together: ['numaNode'] },
      { match: { functionType: 'vf', 'tags.rack': 'b4' }, where: 'device.numaNode == 0', count: 2 },
      { match: { physicalNetwork: 'net-2' } },
    ],
    aimMs: 10,
  },
];

/** Which hosts can serve a wish, in the memory of 10,000 hosts of 64 devices, each time after a change on one of them. */
export const candidates = async (): Promise<readonly Measurement[]> => {
  const before = heapAfterCollection();
  const memory = aFleet();
  const folded = heapAfterCollection();
  const first = await took(() => place(memory, [{ device: NAME }], 'first'));
  const indexed = heapAfterCollection();
  const section = 'candidates';
  const measurements: Measurement[] = [
    { section, what: 'first question after a start, every host looked at', value: first.wallMs, unit: 'ms' },
    {
      section,
      what: 'memory of the index, per device',
      value: (indexed - folded) / (HOSTS * DEVICES),
      unit: 'bytes',
      against: { what: 'of the devices', value: (folded - before) / (HOSTS * DEVICES) },
    },
  ];
  // Code is compiled, and what is left of making the fleet collected, before anything is counted.
  for (const { devices } of QUESTIONS) await rounds(memory, ROUNDS, (n) => place(memory, devices, `w${n}`));
  for (const { what, devices, aimMs } of QUESTIONS) {
    const placing = await rounds(memory, ROUNDS, (n) => place(memory, devices, `p${n}`));
    const listing = await rounds(memory, ROUNDS, () => list(memory, devices));
    const cold = await rounds(memory, COLD_ROUNDS, (n) => place(memory, never(devices, n), `c${n}`));
    const coldList = await rounds(memory, COLD_ROUNDS, (n) => list(memory, never(devices, n + COLD_ROUNDS)));
    measurements.push(...figures(section, `${what}: first host`, placing, aimMs), ...figures(section, `${what}: best ${LIMIT}`, listing, aimMs));
    measurements.push(
      ...figures(section, `${what}, never asked before: first host`, cold),
      ...figures(section, `${what}, never asked before: best ${LIMIT}`, coldList),
    );
  }
  const sql = await searchInSql(memory, { name: NAME, least: 2, limit: LIMIT, rounds: 40 });
  const same = await rounds(memory, ROUNDS, () => list(memory, [{ device: NAME, count: 2 }]));
  const what = `at least two free ${NAME}, best ${LIMIT}`;
  const of = (share: number): Measurement => ({
    section,
    what: `${what}: ${share === 0.5 ? 'p50' : 'p99'}, times faster than SQL`,
    value: wallOf(sql, share) / wallOf(same, share),
    unit: 'times',
    aim: { at: 'least', figure: 20 },
  });
  return [...measurements, ...figures(section, `${what}: in SQL`, sql), ...figures(section, `${what}: in memory`, same), of(0.5), of(0.99)];
};

/** How long something took: by the clock, and of the processor. */
interface Sample {
  readonly wallMs: number;
  readonly processorMs: number;
}

const wallOf = (samples: readonly Sample[], share: number): number =>
  percentile(
    samples.map(({ wallMs }) => wallMs),
    share,
  );

/** The processor's time is that of all threads, the collector of garbage included, which the one who asks does not wait for. */
const figures = (section: string, what: string, samples: readonly Sample[], aimMs?: number): readonly Measurement[] => {
  const processor = percentile(
    samples.map(({ processorMs }) => processorMs),
    0.99,
  );
  const wall: Measurement = { section, what: `${what}, p50`, value: wallOf(samples, 0.5), unit: 'ms' };
  if (aimMs === undefined) return [wall];
  return [
    wall,
    { section, what: `${what}, p99`, value: wallOf(samples, 0.99), unit: 'ms', aim: { at: 'most', figure: aimMs } },
    { section, what: `${what}, p99 of processor time`, value: processor, unit: 'ms' },
  ];
};

/** The same question as far as its answer goes, and not as it is asked: nothing that is remembered of others helps. */
const never = (devices: readonly DeviceRequest[], n: number): readonly DeviceRequest[] =>
  devices.map((request) => ({ ...request, match: { ...request.match, deviceType: [...BUILT_IN_DEVICE_TYPES, `never-${n}`] } }));

const took = async (work: () => unknown): Promise<Sample> => {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - start, processorMs: (user + system) / 1_000 };
};

/** A change comes before each round, and is not in its time. Some rounds go before, for code to be compiled. */
const rounds = async (memory: FleetMemory, count: number, ask: (n: number) => unknown): Promise<readonly Sample[]> => {
  const samples: Sample[] = [];
  const before = Math.ceil(count / 4);
  for (let n = -before; n < count; n += 1) {
    change(memory, ((n + before) * 7_919) % HOSTS);
    const sample = await took(() => ask(n));
    if (n >= 0) samples.push(sample);
    await new Promise(setImmediate);
  }
  return samples;
};

/** A VM takes a device of a host, or gives back what it took before. */
const change = (memory: FleetMemory, host: number): void => {
  const hostId = `host-${host}`;
  const held = memory.host(hostId)?.reservations.get('vm-change');
  if (held) memory.apply(`host-${hostId}`, 0, { type: 'DevicesReleased', data: { ...held, hostId } });
  else hold(memory, hostId, 'vm-change', 1);
  memory.commit();
};

const hold = (memory: FleetMemory, hostId: string, vmId: string, count: number): void => {
  const host = memory.host(hostId);
  const free = [...(host?.devices.values() ?? [])].filter(({ deviceId, name }) => name === NAME && !host?.holders.has(deviceId)).slice(0, count);
  const devices = free.map(({ deviceId, address }) => ({ deviceId, address, requestName: 'a' }));
  memory.apply(`host-${hostId}`, 0, { type: 'DevicesReserved', data: { vmId, hostId, reservationId: vmId, devices, requests: [], reservedAt: '' } });
};

const aFleet = (): FleetMemory => {
  const memory = new FleetMemory();
  for (let host = 0; host < HOSTS; host += 1) {
    for (const json of hostReport(host, DEVICES)) {
      const { stream, type, data } = JSON.parse(json) as { stream: string; type: string; data: unknown };
      memory.apply(stream, 0, { type, data });
    }
    hold(memory, `host-${host}`, `vm-${host}`, heldOn(host));
    memory.commit();
  }
  return memory;
};

const surroundings = { now: '2026-11-20T10:00:00.000Z', newId: () => 'r', digestOf: () => '', compileWhere };

/** Finds the host and the devices for a VM that names no host, as for a reservation. */
const place = (memory: FleetMemory, devices: readonly DeviceRequest[], vmId: string): void => {
  const outcome = reserve(memory, { vmId, wishes: { devices: [...devices] } }, surroundings);
  if (!('given' in outcome)) throw new Error(`nobody serves: ${JSON.stringify(outcome)}`);
};

const list = async (memory: FleetMemory, devices: readonly DeviceRequest[]): Promise<void> => {
  const understood = understand(memory, { vmId: '', wishes: { devices: [...devices] } }, surroundings);
  if (!('wish' in understood)) throw new Error(JSON.stringify(understood));
  const { items } = await listCandidates(memory, understood.wish, { limit: LIMIT });
  if (items.length !== LIMIT) throw new Error(`${items.length} candidates`);
};

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

const heapAfterCollection = (): number => {
  for (let round = 0; round < 3; round += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
