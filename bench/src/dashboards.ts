import { freePort } from '@vfleet/embedded';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './cpu-time.js';
import { inventoryHolds, journalHolds, journalPosition, publishFleet } from './fleet.js';
import { percentile, type Measurement } from './measurement.js';
import { ended, openStage, type Stage } from './stage.js';
import { load, type Latencies } from './vm-latency.js';

const HOSTS = 1_000;
const DEVICES = 64;
const PAGES = 50;
/** VM states: each makes two events, what was told of the VM and what it was given. */
const PER_SECOND = 1_000;
const SECONDS = 5;
/** Rounds with and without open pages, one after the other, so that what else the machine does falls on both. */
const ROUNDS = 2;
const READY_MS = 60_000;

/** What a page follows beside the changes: a tail as the page has it, or every event as a program would. */
const FOLLOWED = [
  { what: 'pages', path: '/live?last=100&most=200', aim: true },
  { what: 'readers of every event', path: '/live', aim: false },
] as const;

/** How much open dashboards slow the allocator down. */
export const dashboards = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  await stage.start('allocator');
  await stage.start('inventory');
  await journalHolds(stage, await publishFleet(stage, HOSTS, DEVICES));
  await inventoryHolds(stage, await journalPosition(stage.pool));
  const { child, url } = await startDashboard(stage);
  await load(stage, 'warm', PER_SECOND, 2);
  const results: Measurement[] = [];
  for (const { what, path, aim } of FOLLOWED) {
    const [none, open]: Latencies[][] = [[], []];
    let cores = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      none?.push(await load(stage, `${what.length}-none-${round}`, PER_SECOND, SECONDS));
      const close = await openPages(url, path);
      const [used, begun] = [cpuSeconds(child), performance.now()];
      open?.push(await load(stage, `${what.length}-open-${round}`, PER_SECOND, SECONDS));
      cores += ((cpuSeconds(child) - used) / (performance.now() - begun)) * 1_000;
      await close();
    }
    results.push(...compare(`${PAGES} ${what} open`, none ?? [], open ?? [], aim), {
      section: 'dashboards',
      what: `${PAGES} ${what} open: the dashboard itself`,
      value: cores / ROUNDS,
      unit: 'cores',
    });
  }
  await ended(child);
  await stage.close();
  return results;
};

/** Slower by less than a tenth, by the rate and by the latency. */
const compare = (what: string, none: readonly Latencies[], open: readonly Latencies[], aim: boolean): readonly Measurement[] => {
  const rate = (rounds: readonly Latencies[]): number => sum(rounds.map(({ sent }) => sent)) / sum(rounds.map(({ seconds }) => seconds));
  const p99 = (rounds: readonly Latencies[]): number =>
    percentile(
      rounds.flatMap(({ committed }) => committed),
      0.99,
    );
  return [
    {
      section: 'dashboards',
      what: `${what}: VM states decided`,
      value: rate(open),
      unit: '/s',
      against: { what: 'no page open', value: rate(none) },
      ...(aim && { aim: { at: 'least', figure: 0.9 } as const }),
    },
    {
      section: 'dashboards',
      what: `${what}: committed and announced, p99`,
      value: p99(open),
      unit: 'ms',
      against: { what: 'no page open', value: p99(none) },
      ...(aim && { aim: { at: 'most', figure: 1.1 } as const }),
    },
  ];
};

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);

const startDashboard = async ({ pgUrl, natsUrl }: Stage): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const port = await freePort();
  const settings = { VFLEET_DASHBOARD_PORT: String(port), VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: 'true', VFLEET_LOG_LEVEL: 'warn' };
  const program = fileURLToPath(new URL('../../apps/dashboard/dist/main.js', import.meta.url));
  const env = { ...process.env, VFLEET_PG_URL: pgUrl, VFLEET_NATS_URL: natsUrl, ...settings };
  const child = spawn(process.execPath, [program], { env, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}/`;
  for (const deadline = performance.now() + READY_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    if ((await fetch(`${url}health/ready`).catch(() => undefined))?.ok) return { child, url };
    if (performance.now() > deadline) throw new Error('the dashboard is not ready');
  }
};

/** Opens the pages in a process of their own; what it returns closes them, and fails where nothing came or one was cut off. */
const openPages = async (url: string, path: string): Promise<() => Promise<void>> => {
  const program = fileURLToPath(new URL('dashboard-readers.js', import.meta.url));
  const child = spawn(process.execPath, [program, url, String(PAGES), path], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.end();
    await once(child, 'close');
    const { bytes, cut } = JSON.parse(said.split('\n')[1] ?? '{}') as { bytes: number; cut: number };
    if (!(bytes > 0) || cut > 0) throw new Error(`the pages read ${bytes} bytes, and ${cut} were cut off`);
  };
};
