import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aCommandLine, stored, type CommandLine } from '../spec/stand-in.js';
import { run } from './run.js';
import { NO_PAINT } from './render/paint.js';

let line: CommandLine;
beforeAll(async () => {
  line = await aCommandLine();
});
afterEach(() => line.system.forget());
afterAll(() => line.close());

const { items } = stored('api/devices.list.reply') as { items: readonly { readonly state: string }[] };
const list = (state: string): object => ({ items: items.map((item) => ({ ...item, state })), nextCursor: null });
const change = (): Promise<void> => line.system.publish('DeviceCordoned', (stored('events/DeviceCordoned') as { data: object }).data);

/** Watches, does something after each thing that was said, and stops when nothing is left to do. */
const watch = async (words: readonly string[], steps: (() => void)[]) => {
  const stop = new AbortController();
  const said: string[] = [];
  const hear = (text: string): void => {
    said.push(text);
    const step = steps.shift();
    if (step) step();
    else stop.abort();
  };
  const code = await run([...words, '--watch'], {
    out: hear,
    note: hear,
    paint: NO_PAINT,
    environment: { VFLEET_NATS_URL: line.url, XDG_CONFIG_HOME: '/nowhere' },
    stopped: stop.signal,
  });
  return { code, said };
};

describe('what is watched into a pipe', () => {
  it('is told anew when an event tells of a change, a line of JSON each', async () => {
    line.system.replies['devices.list'] = { body: list('available') };
    const { code, said } = await watch(
      ['devices', 'ls', '-o', 'json'],
      [
        () => {
          line.system.replies['devices.list'] = { body: list('held') };
          void change();
        },
      ],
    );
    expect(code).toBe(0);
    expect(said.map((text) => text.indexOf('\n') === text.length - 1)).toEqual([true, true]);
    expect(said.map((text) => (JSON.parse(text) as { state: string }[])[0]?.state)).toEqual(['available', 'held']);
  });

  it('is not told again where it is as it was', async () => {
    line.system.replies['devices.list'] = { body: list('available') };
    let asked = 0;
    line.system.follows['devices.list'] = async () => {
      asked += 1;
      if (asked !== 2) return;
      line.system.replies['devices.list'] = { body: list('held') };
      await change();
    };
    const { said } = await watch(['devices', 'ls', '-o', 'json'], [() => void change()]);
    expect(said.map((text) => (JSON.parse(text) as { state: string }[])[0]?.state)).toEqual(['available', 'held']);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  it('goes on when a service is away for a while, and says so', async () => {
    line.system.replies['system.status'] = { status: 503, body: { error: { code: 'UNAVAILABLE', message: 'the database is away' } } };
    const { code, said } = await watch(['status'], [() => delete line.system.replies['system.status']]);
    expect([code, said[0], said[1]]).toEqual([0, 'vfleet: the database is away; trying again\n', expect.stringContaining('journal')]);
  });

  it('ends with what is wrong for good', async () => {
    line.system.replies['devices.get'] = { status: 404, body: { error: { code: 'DEVICE_NOT_FOUND', message: 'there is no device' } } };
    const { code, said } = await watch(['devices', 'show', 'h1/28:02.0'], []);
    expect([code, said[0]]).toEqual([1, expect.stringContaining('DEVICE_NOT_FOUND')]);
  });
});

describe('a rebuild that is waited for', () => {
  it('is told of as it comes on, and ends when everything is there', async () => {
    const status = stored('api/system.status.reply') as { journalPosition: number };
    const projections = (position: number, rebuilding: boolean): object => ({
      ...status,
      journalPosition: 100,
      checks: { projections: [{ name: 'inventory_rebuilt', position, lagEvents: 100 - position, lagSeconds: 0, rebuilding }] },
    });
    const replies = [projections(0, true), projections(10, true), projections(55, true), projections(100, true), projections(100, false)];
    line.system.replies['system.status'] = { body: replies[0] as object };
    line.system.follows['system.status'] = async () => {
      if (replies.length > 1) replies.shift();
      line.system.replies['system.status'] = { body: replies[0] as object };
    };
    const { code, out, note } = await line.run(['projections', 'wait']);
    expect([code, note]).toEqual([0, '10 of 100 events\n55 of 100 events\n100 of 100 events\n100 of 100 events\n']);
    expect(out).toMatch(/inventory_rebuilt +100 +0 events, 0 s/);
  });
});
