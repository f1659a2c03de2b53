import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, STREAMS } from '@vfleet/contracts';
import { aNatsServer, until, type TestNats } from '@vfleet/testing';
import { aDashboard, untilOnTheBus, type DashboardUnderTest } from '../../spec/dashboard.js';
import { anEventSource, type EventSource } from '../../spec/event-source.js';
import { ask, open } from '../../spec/http.js';

const KEPT = 50;

let server: TestNats;
let relay: NatsConnection;
let dashboard: DashboardUnderTest;
let position: number;
const sources: EventSource[] = [];

/** Publishes events as the relay does: the message's sequence is the position. */
const publish = async (subjects: readonly string[], data: (n: number) => object = () => ({})): Promise<void> => {
  const first = position;
  position += subjects.length;
  await Promise.all(
    subjects.map((subject, n) => jetstream(relay).publish(subject, JSON.stringify({ position: String(first + n + 1), data: data(n) }))),
  );
};
const many = (count: number, subject = 'vfleet.evt.host.h1.h1.HostOnline'): readonly string[] => Array.from({ length: count }, () => subject);

const source = async (path: string, lastSeen?: number): Promise<EventSource> => {
  const made = await anEventSource(dashboard.at(path), lastSeen === undefined ? {} : { 'last-event-id': String(lastSeen) });
  sources.push(made);
  return made;
};
/** Positions of the events that have come. */
const positions = ({ frames }: EventSource): number[] => frames.filter(({ event }) => event === 'message').map(({ id }) => id);
const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);
const untilHas = (one: EventSource, last: number): Promise<unknown> => until(`position ${last}`, () => positions(one).at(-1) === last);
/** Resolves when the dashboard has heard of everything that was published. */
const heard = async (): Promise<void> => {
  const looking = await source('/live?last=1');
  if (position > 0) await until('the dashboard to have heard everything', () => positions(looking).at(-1) === position);
  looking.close();
};

beforeAll(async () => {
  server = await aNatsServer();
  relay = await connect(parseNatsUrl(server.url));
});

beforeEach(async () => {
  for (const one of sources.splice(0)) one.close();
  await dashboard?.close();
  const { streams } = await jetstreamManager(relay);
  await streams.delete(STREAMS.EVT.name).catch(() => undefined);
  await streams.add({ name: STREAMS.EVT.name, subjects: [...STREAMS.EVT.subjects], allow_direct: true });
  position = 0;
  dashboard = await aDashboard({ natsUrl: server.url, pgUrl: 'postgres://nobody@127.0.0.1:1/none' }, { kept: KEPT });
  await untilOnTheBus(dashboard);
});

afterAll(async () => {
  for (const one of sources) one.close();
  await dashboard.close();
  await relay.close();
  await server.close();
});

describe('a page that follows the events', () => {
  it('is told where it is, and then each event once and in order', async () => {
    const page = await source('/live');
    await until('the position', () => page.frames.length === 1);
    expect(page.frames[0]).toEqual({ id: 0, event: 'position', data: { position: 0 } });
    await publish(many(120));
    await untilHas(page, 120);
    expect(positions(page)).toEqual(upTo(1, 120));
    expect(page.frames.at(-1)?.data).toMatchObject({ position: '120' });
  });

  it('goes on without gap or double when it comes back, also where what it missed is not kept any more', async () => {
    const page = await source('/live');
    await publish(many(10));
    await untilHas(page, 10);
    page.close();
    await publish(many(KEPT * 4));
    await heard();
    const again = await source('/live', 10);
    await publish(many(5));
    await untilHas(again, position);
    expect(positions(again)).toEqual(upTo(11, position));
  });

  it('goes on without gap or double on a dashboard that was started anew', async () => {
    await publish(many(KEPT * 3));
    await heard();
    await dashboard.close();
    await publish(many(KEPT * 2));
    dashboard = await aDashboard({ natsUrl: server.url, pgUrl: 'postgres://nobody@127.0.0.1:1/none' }, { kept: KEPT });
    await untilOnTheBus(dashboard);
    const page = await source('/live', 7);
    await publish(many(5));
    await untilHas(page, position);
    expect(positions(page)).toEqual(upTo(8, position));
  });

  it('gets the events while NATS is started again, none of them twice', async () => {
    if (!server.server) return expect(process.env['VFLEET_NATS_URL']).toBeDefined();
    const page = await source('/live');
    await publish(many(20));
    await untilHas(page, 20);
    await server.server.stop();
    await server.server.restart();
    await until('NATS to take events again', async () => {
      await publish(many(1)).catch((error: unknown) => {
        position -= 1;
        throw error;
      });
      return true;
    });
    await publish(many(20));
    await untilHas(page, position);
    expect(positions(page)).toEqual(upTo(1, position));
  });

  it('is told what the stream has lost, and goes on behind it', async () => {
    await publish(many(KEPT + 30));
    await heard();
    await (await jetstreamManager(relay)).streams.purge(STREAMS.EVT.name, { seq: KEPT });
    const page = await source('/live', 3);
    await untilHas(page, position);
    expect(page.frames.find(({ event }) => event === 'gap')?.data).toEqual({ from: 4, to: 30 });
    expect(positions(page)).toEqual(upTo(31, position));
  });

  it.each([
    ['context=vm', [3, 4, 5]],
    ['host=h1', [1, 3]],
    ['host=h2', [2, 4]],
    ['vm=v1', [3, 6]],
    ['type=DevicesReserved', [3, 4]],
    ['context=vm&type=DevicesReserved&host=h2', [4]],
    ['context=catalog', [7]],
    ['host=-', [5]],
    ['vm=h1', []],
  ])('gets what it has chosen by %s', async (query, wanted) => {
    const page = await source(`/live?${query}`);
    const all = await source('/live');
    await publish([
      'vfleet.evt.host.h1.h1.HostOnline',
      'vfleet.evt.device.h2.d1.DeviceDiscovered',
      'vfleet.evt.vm.h1.v1.DevicesReserved',
      'vfleet.evt.vm.h2.v2.DevicesReserved',
      'vfleet.evt.vm.-.v3.ReservationRejected',
      'vfleet.evt.migration.m1.v1.MigrationRequested',
      'vfleet.evt.catalog.alias.fast.AliasPut',
    ]);
    await untilHas(all, 7);
    // What comes behind everything that is not wanted says that nothing more is on its way.
    const last = await source(`/live?${query}&last=10`);
    await until('what was chosen', () => positions(last).length === wanted.length && positions(page).length === wanted.length);
    expect([positions(page), positions(last)]).toEqual([wanted, wanted]);
  });

  it('begins with the newest that it has chosen, where it asks for them', async () => {
    await publish([...many(10), 'vfleet.evt.vm.h1.v1.DevicesReserved', ...many(10), 'vfleet.evt.vm.h1.v2.DevicesReserved', ...many(5)]);
    await heard();
    const page = await source('/live?last=2&context=vm');
    await untilHas(page, 22);
    expect(positions(page)).toEqual([11, 22]);
  });

  it('gets the newest only, and is told how many were left out, where it asks for so many a second', async () => {
    const page = await source('/live?most=40&context=host');
    const all = await source('/live');
    await publish([...many(KEPT - 5), ...many(5, 'vfleet.evt.device.h2.d1.DeviceDiscovered')]);
    await untilHas(page, KEPT - 5);
    const skipped = page.frames.filter(({ event }) => event === 'skipped').reduce((sum, { data }) => sum + Number(data['events']), 0);
    expect(skipped).toBeGreaterThan(0);
    expect(skipped + positions(page).length).toBe(KEPT - 5);
    expect(positions(page)).toEqual(positions(page).toSorted((a, b) => a - b));
    await untilHas(all, position);
    expect(positions(all)).toEqual(upTo(1, position));
  });

  it.each(['most=x', 'foo=1', 'context=nothing', 'last=x', 'last=1001', 'vm=a&vm=b'])(
    'is refused with the field when it asks for %s',
    async (query) => {
      const { status, json } = await ask(dashboard.at(`/live?${query}`));
      expect([status, (json() as { error: { details: { field: string }[] } }).error.details[0]?.field]).toEqual([400, query.split('=')[0]]);
      expect((await ask(dashboard.at('/live'), { headers: { 'last-event-id': 'x' } })).status).toBe(400);
    },
  );

  it('is cut off when it reads nothing while others go on', async () => {
    const slow = await open(dashboard.at('/live'));
    const cut = new Promise((resolve) => slow.once('close', resolve).once('error', () => undefined));
    slow.pause();
    const quick = await source('/live');
    const large = { text: 'x'.repeat(200_000) };
    for (let round = 0; round < 12; round += 1) {
      await publish(many(10), () => large);
      await untilHas(quick, position);
    }
    expect(positions(quick)).toEqual(upTo(1, position));
    slow.resume();
    await cut;
    expect(slow.complete).toBe(false);
  });

  it('shares one consumer with fifty others, and all get everything', async () => {
    const pages = await Promise.all(Array.from({ length: 50 }, () => source('/live')));
    await publish(many(500));
    await Promise.all(pages.map((page) => untilHas(page, 500)));
    for (const page of pages) expect(positions(page)).toEqual(upTo(1, 500));
    const { consumers } = await jetstreamManager(relay);
    expect(await consumers.list(STREAMS.EVT.name).next()).toHaveLength(1);
  });
});

describe('a page that asks what has changed', () => {
  it('is told ids of each kind, and no event', async () => {
    const page = await source('/live/changes');
    await until('the first answer', () => page.frames.length === 1);
    await publish(
      [
        'vfleet.evt.host.h1.h1.HostOnline',
        'vfleet.evt.device.h2.d1.DeviceDiscovered',
        'vfleet.evt.vm.h3.v1.DevicesReserved',
        'vfleet.evt.migration.m1.v2.TargetReserved',
        'vfleet.evt.catalog.alias.fast.AliasPut',
        'vfleet.evt.vm.-.v4.ReservationRejected',
      ],
      (n) => (n === 2 ? { devices: [{ deviceId: 'd7' }] } : {}),
    );
    await until('the changes', () => page.frames.at(-1)?.id === 6);
    const told = page.frames.slice(1).map(({ data }) => data);
    const all = (kind: string): string[] => told.flatMap((one) => one[kind] as string[]).sort((a, b) => (a < b ? -1 : 1));
    expect([all('hosts'), all('devices'), all('vms'), all('migrations'), all('catalog')]).toEqual([
      ['h1', 'h2', 'h3'],
      ['d1', 'd7'],
      ['v1', 'v2', 'v4'],
      ['m1'],
      ['fast'],
    ]);
  });

  it('is told of many when they are many, in far fewer frames than events', async () => {
    const page = await source('/live/changes');
    await until('the first answer', () => page.frames.length === 1);
    await publish(Array.from({ length: 200 }, (_, n) => `vfleet.evt.device.h${n}.d${n}.DeviceDiscovered`));
    await until('the changes', () => page.frames.at(-1)?.id === 200);
    expect(page.frames.some(({ data }) => data['hosts'] === 'many')).toBe(true);
    expect(page.frames.length).toBeLessThan(20);
  });

  it('is told of what it has missed when it comes back; of everything, where that is too far back', async () => {
    await publish(['vfleet.evt.host.h1.h1.HostOnline', 'vfleet.evt.host.h2.h2.HostOnline']);
    await heard();
    const near = await source('/live/changes', 1);
    await until('the changes', () => near.frames.length > 0);
    expect(near.frames[0]?.data).toMatchObject({ position: 2, hosts: ['h2'], devices: [] });
    await publish(many(KEPT * 2));
    await heard();
    const far = await source('/live/changes', 1);
    await until('the changes', () => far.frames.length > 0);
    expect(far.frames[0]?.data).toMatchObject({ position, hosts: 'many', vms: 'many' });
  });
});

describe('more pages than are let in', () => {
  const MOST = 1_000;

  it('are told to come later, until one of those that are open has gone', async () => {
    const pages = await Promise.all(Array.from({ length: MOST }, () => open(dashboard.at('/live/changes'))));
    expect(new Set(pages.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    for (const path of ['/live', '/live/changes']) {
      const refused = await open(dashboard.at(path));
      expect(refused.statusCode).toBe(503);
      refused.destroy();
    }
    pages[0]?.destroy();
    const next = await until('room for one more', async () => {
      const page = await open(dashboard.at('/live/changes'));
      return page.statusCode === 200 ? page : undefined;
    });
    for (const page of [...pages, next]) page.destroy();
  });
});
