import { Desk } from '@vfleet/allocator/desk';
import { DeskWatch } from '@vfleet/allocator/desk-watch';
import type { FleetMemory } from '@vfleet/allocator/fleet-memory';
import { PendingReleases } from '@vfleet/allocator/pending-releases';
import { Journal, SERVICE_ROLE, migrateJournal, openPool } from '@vfleet/journal';
import { Metrics, NO_TRACING } from '@vfleet/telemetry';
import { hostName } from './fleet.js';
import { aFleetInMemory, addHost } from './fleet-in-memory.js';
import { BARE, median, rate as bareRate, toBare, type Row } from './journal-append.js';
import type { Measurement } from './measurement.js';
import { openStage, type Stage } from './stage.js';

const HOSTS = 10_000;
const DEVICES = 64;
const CALLERS = 256;
const SECONDS = 3;
const ROUNDS = 3;
/** As many devices as there are callers, so that nobody is refused. */
const HOT = { hostId: 'hot', devices: CALLERS };

const WAYS = ['spread', 'hot', 'bare'] as const;
type HostOf = (n: number) => string;
const onAny: HostOf = (n) => hostName(n % HOSTS);
const onHot: HostOf = () => HOT.hostId;

/**
 * The desk in process: commands are decided against the memory of a fleet and committed in groups. An operation is a
 * reservation of one device or its release, one event each; against like rows by a bare grouped insert.
 */
export const allocator = async (): Promise<readonly Measurement[]> => {
  const memory = aFleetInMemory(HOSTS, DEVICES);
  addHost(memory, HOT.hostId, HOT.devices);
  const stage = await openStage();
  const rates = await committed(stage, memory);
  await stage.close();
  const [spread, hot, bare] = WAYS.map((way) => median(rates[way])) as [number, number, number];
  // Last, for the memory is ahead of the journal after it.
  const nowhere = aDesk(memory, { append: () => Promise.resolve({ base: 0 }) });
  const decided = { spread: await operations(nowhere, 'd-spread', onAny), hot: await operations(nowhere, 'd-hot', onHot) };

  const section = 'allocator';
  const places = { spread: `${CALLERS} callers over ${HOSTS} hosts of ${DEVICES}`, hot: `${CALLERS} callers on one host of ${HOT.devices}` };
  const against = { what: 'bare grouped insert', value: bare };
  const aim = { at: 'least', figure: 0.5 } as const;
  return [
    { section, what: `reserve and release, ${places.spread}`, value: spread, unit: 'operations/s', against, aim },
    { section, what: `reserve and release, ${places.hot}`, value: hot, unit: 'operations/s', against, aim },
    { section, what: `decided only, ${places.spread}`, value: decided.spread, unit: 'operations/s' },
    { section, what: `decided only, ${places.hot}`, value: decided.hot, unit: 'operations/s' },
  ];
};

/** The three ways in turns, so that a noisy moment of the machine hits all of them. */
const committed = async ({ pgUrl }: Stage, memory: FleetMemory): Promise<Readonly<Record<(typeof WAYS)[number], readonly number[]>>> => {
  const owner = openPool({ url: pgUrl, name: 'bench-owner', max: 1 });
  await migrateJournal(owner);
  await owner.query(BARE);
  const pool = openPool({ url: pgUrl, name: 'bench', max: 1, role: SERVICE_ROLE });
  const journal = new Journal(pool);
  const desk = aDesk(memory, journal);
  const rates: Record<(typeof WAYS)[number], number[]> = { spread: [], hot: [], bare: [] };
  // Each host once: what follows from its hardware alone is looked up at the first question about it.
  await operations(desk, 'warm', onAny, { operations: 2 * HOSTS });
  await operations(desk, 'warm-hot', onHot, { operations: 1_000 });
  const bare = toBare(owner, await likeRow(journal));
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.spread.push(await operations(desk, `s${round}`, onAny));
    rates.hot.push(await operations(desk, `h${round}`, onHot));
    rates.bare.push(await bareRate(CALLERS, bare, SECONDS));
  }
  await pool.end();
  await owner.end();
  return rates;
};

const aDesk = (memory: FleetMemory, journal: Pick<Journal, 'append'>): Desk =>
  new Desk({
    journal: journal as Journal,
    memory,
    fence: () => undefined,
    onCommit: () => undefined,
    onEffect: () => undefined,
    onLost: (error) => {
      throw error;
    },
    // As it runs: what is decided is counted and timed.
    watch: new DeskWatch({ metrics: new Metrics('allocator', 'bench'), tracing: NO_TRACING, pending: new PendingReleases(memory.settled) }),
    log: (level, message, fields) => process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`),
  });

/** Each caller reserves a device for a VM of its own and gives it back, over and over. */
const operations = async (desk: Desk, label: string, hostOf: HostOf, until: { readonly operations?: number } = {}): Promise<number> => {
  let done = 0;
  const start = performance.now();
  const end = start + SECONDS * 1_000;
  const goesOn = (): boolean => (until.operations === undefined ? performance.now() < end : done < until.operations);
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = caller; goesOn(); n += CALLERS) {
        const vmId = `vm-${label}-${n}`;
        const answer = await desk.submit({ command: { type: 'Reserve', request: { vmId, hostId: hostOf(n), devices: [{ device: '10GE' }] } } });
        if (answer.kind !== 'reservation') throw new Error(`${vmId} was not served: ${JSON.stringify(answer)}`);
        await desk.submit({ command: { type: 'Release', request: { vmId } } });
        done += 2;
      }
    }),
  );
  return done / ((performance.now() - start) / 1_000);
};

/** What a reservation's event weighs, as the desk has written it. */
const likeRow = async (journal: Journal): Promise<Row> => {
  const event = (await journal.read(0, 1_000)).find(({ type }) => type === 'DevicesReserved');
  if (!event) throw new Error('the desk has written no reservation');
  return { data: event.data as object, meta: event.meta };
};
