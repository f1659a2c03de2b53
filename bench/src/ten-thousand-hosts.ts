import { jetstream } from '@nats-io/jetstream';
import { hostFactSubject, inventoryDigest } from '@vfleet/contracts';
import { cpuSeconds, residentMiB } from './cpu-time.js';
import { devicesOf, hostName, inventoryHolds, journalPosition, publishFleet } from './fleet.js';
import type { Measurement } from './measurement.js';
import { pace } from './pace.js';
import { openStage, type Stage } from './stage.js';

const HOSTS = 10_000;
const DEVICES = 64;
/** Every host, every ten seconds. */
const HEARTBEATS_PER_SECOND = HOSTS / 10;
const HEARTBEAT_SECONDS = 20;
/** Hosts that tell everything once more. */
const AGAIN = 1_000;
/** As long as a fact of an unchanged host may take to come to nothing. */
const SETTLED_MS = 3_000;

/** Ten thousand hosts, told of faster than any agents would: taken in cold, told once more, and then only heard. With the memory of each process. */
export const tenThousandHosts = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  const [allocator, inventory] = [await stage.start('allocator'), await stage.start('inventory')];
  const began = performance.now();
  const facts = await publishFleet(stage, HOSTS, DEVICES);
  const published = performance.now();
  await inventoryHolds(stage, facts);
  const cold = (performance.now() - published) / 1_000;

  const before = await journalPosition(stage.pool);
  await publishFleet(stage, AGAIN, DEVICES, 0, LATER);
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const appended = (await journalPosition(stage.pool)) - before;

  const used = cpuSeconds(allocator);
  await heartbeats(stage);
  const load = (cpuSeconds(allocator) - used) / HEARTBEAT_SECONDS;
  const told = (await journalPosition(stage.pool)) - before - appended;
  const memory = [residentMiB(allocator), residentMiB(inventory)] as const;
  await stage.close();

  const what = `${HOSTS} hosts of ${DEVICES}`;
  const most = (figure: number) => ({ at: 'most' as const, figure });
  return [
    { section: 'fleet', what: `${what}: told of as fast as the bus takes it`, value: (published - began) / 1_000, unit: 's' },
    { section: 'fleet', what: `${what}: visible after the last report`, value: cold, unit: 's' },
    {
      section: 'fleet',
      what: `${AGAIN} hosts whose agents start anew and find the same: events beside HostOnline`,
      value: appended - AGAIN,
      unit: 'events',
      aim: most(0),
    },
    { section: 'fleet', what: `${what}: allocator for ${HEARTBEATS_PER_SECOND} heartbeats/s`, value: load, unit: 'cores', aim: most(0.2) },
    { section: 'fleet', what: `${what}: heartbeats of an unchanged fleet`, value: told, unit: 'events', aim: most(0) },
    { section: 'fleet', what: `${what}: allocator resident`, value: memory[0], unit: 'MiB' },
    { section: 'fleet', what: `${what}: inventory resident`, value: memory[1], unit: 'MiB' },
  ];
};

/** A later start of the same agents. */
const LATER = '0197b9d8-0000-7000-8000-000000000002';

const heartbeats = async ({ client }: Stage): Promise<void> => {
  const js = jetstream(client.nats);
  const digests = Array.from({ length: HOSTS }, (_, host) => inventoryDigest(devicesOf(hostName(host), DEVICES)));
  const sent: Promise<unknown>[] = [];
  await pace(HEARTBEATS_PER_SECOND, HEARTBEATS_PER_SECOND * HEARTBEAT_SECONDS, (n) => {
    const hostId = hostName(n % HOSTS);
    const common = { hostId, epoch: LATER, sequence: DEVICES + 2 + Math.floor(n / HOSTS), observedAt: new Date().toISOString() };
    sent.push(js.publish(hostFactSubject(hostId, 'InventoryAttested'), JSON.stringify({ ...common, devices: DEVICES, digest: digests[n % HOSTS] })));
  });
  await Promise.all(sent);
};
