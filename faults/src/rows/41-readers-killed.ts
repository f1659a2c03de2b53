import { until } from '@vfleet/testing';
import { aPage, judgePage, type Page } from '../a-page.js';
import { overTheBus, overTheProxy, readCarefully, type CarefulReads } from '../careful-reads.js';
import { judgeMoves, watchMoves } from '../checkpoint-moves.js';
import { dashboards, type Dashboard } from '../dashboards.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import type { Acknowledged, Findings } from '../findings.js';
import { isClean, together } from '../findings.js';
import { compareWithReplay, projected } from '../projection.js';
import { examine, headOf } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { copied, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { makeFleet, startVms } from '../vm-load.js';

const INVENTORIES = 3;
const DASHBOARDS = 2;
const READERS = 4;
const VMS = 60;
const SEEN_MS = 120_000;

const found = (lost: readonly string[]): Findings => ({ lost, doubled: [], misplaced: [] });

const inventoriesAnswer = (stage: Stage, count: number): Promise<true> =>
  until(
    `${count} inventories to answer`,
    async () => {
      const ids = new Set<string>();
      for await (const answer of await stage.nats.requestMany('$SRV.PING.vfleet-inventory', '', { maxMessages: count, maxWait: 1_000 }))
        ids.add(answer.json<{ id: string }>().id);
      return ids.size === count;
    },
    SEEN_MS,
  );

const startInventories = async (stage: Stage, count: number, environment: NodeJS.ProcessEnv = {}): Promise<readonly KeptService[]> => {
  const all = Array.from({ length: count }, () => stage.keep('inventory', environment));
  await inventoriesAnswer(stage, count);
  return all;
};

/** Reads over the bus and over the proxy, some of each at once. */
const readersOf = (stage: Stage, url: string): CarefulReads =>
  readCarefully(Array.from({ length: READERS }, (_, n) => (n % 2 === 0 ? overTheBus(stage) : overTheProxy(url))));

/** Kills one after the other; the next only when what the one before left unanswered has been asked again, and it is back. */
const killEach = async (
  stage: Stage,
  reads: CarefulReads,
  [inventories, shown]: readonly [readonly KeptService[], readonly Dashboard[]],
  meanwhile: () => Promise<void>,
): Promise<void> => {
  const back = () => inventoriesAnswer(stage, inventories.length);
  const victims = [...inventories.map((service) => ({ service, isReady: back })), ...shown.map(({ service, isReady }) => ({ service, isReady }))];
  for (const { service, isReady } of victims) {
    await reads.goOn();
    await service.kill();
    await meanwhile();
    await reads.goOn();
    await isReady();
  }
};

/** Resolves with what the page saw once it has seen the newest event. */
const seenBy = async (stage: Stage, page: Page): Promise<Findings> => {
  const head = await headOf(stage.database);
  await until(
    () => `the page to see position ${head}; it saw ${page.seen.at(-1)}`,
    () => page.seen.at(-1) === head,
    SEEN_MS,
  );
  page.close();
  return judgePage(page.seen, head);
};

/** Each that shares the work is killed in turn, while VMs start, reads are asked and a page is open. */
const underReads = async (stage: Stage, [inventories, shown]: readonly [number, number]) => {
  const acknowledged: Acknowledged[] = [];
  const more = async (): Promise<void> => void acknowledged.push(...(await startVms(stage, { from: acknowledged.length, vms: VMS })));
  await stage.keepRunning('allocator');
  const projecting = await startInventories(stage, inventories);
  await watchMoves(stage);
  await makeFleet(stage);
  await more();
  await projected(stage);
  const { all, url } = await dashboards(stage, shown);
  const page = aPage(url);
  const reads = readersOf(stage, url);
  await killEach(stage, reads, [projecting, all], more);
  await copied(stage);
  return { acknowledged, projecting, page, seen: await seenBy(stage, page), read: await reads.stop() };
};

const GUARD: Guard = { file: 'libs/journal/dist/projector.js', find: 'if (next[0]?.position !== reached + 1)', replace: 'if (false)' };

/** Two inventories that take no notice of what the other one has written. */
const heedless = async (stage: Stage, from: number): Promise<Findings> => {
  await startInventories(stage, 2, without(GUARD));
  await startVms(stage, { from, vms: VMS });
  // What they do not do by then is for the judge to say.
  await until('both to write', async () => !isClean(await judgeMoves(stage)), SEEN_MS).catch(() => undefined);
  return judgeMoves(stage);
};

export const row: FaultRow = {
  number: 41,
  fault: `kill -9 of each of ${INVENTORIES} inventories and ${DASHBOARDS} dashboards in turn, under reads and with a page open`,
  promise: 'no read fails twice, the page sees each event once, and one inventory at a time writes rows',
  quick: false,
  guards: [GUARD],
  run: async (stage): Promise<Outcome> => {
    const { acknowledged, projecting, page, seen, read } = await underReads(stage, [INVENTORIES, DASHBOARDS]);
    await projected(stage);
    const moves = await judgeMoves(stage);
    const [last, ...others] = projecting;
    for (const one of others) await one.stop();
    const rows = last ? await compareWithReplay(stage, last) : found(['no inventory was there']);
    const outcome = toOutcome(acknowledged.length, together(await examine(stage, acknowledged), found(read.failed), seen, moves, rows));
    const figures = `${read.answered} reads answered, ${read.retried} at the second try; ${page.connections()} connections of the page; ${moves.moves} batches of rows by ${moves.writers} connections`;
    return { ...outcome, note: outcome.note ?? figures };
  },
  // One of each alone: while it is away nobody answers. And two inventories that write after each other what is written.
  control: async (stage): Promise<Outcome> => {
    const { acknowledged, projecting, read } = await underReads(stage, [1, 1]);
    for (const one of projecting) await one.stop();
    const twice = await heedless(stage, acknowledged.length);
    return toOutcome(acknowledged.length, together(found(read.failed), twice), { kept: read.failed.length === 0 || isClean(twice) });
  },
};
