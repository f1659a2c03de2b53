import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { aFolder } from '@vfleet/testing';
import { aCommandLine, stored, type CommandLine, type Ended, type StandIn } from '../spec/stand-in.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
describe('the command line', () => {
  let line: CommandLine;
  let system: StandIn;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    line = await aCommandLine();
    system = line.system;
  });
  afterEach(() => {
    system.forget();
    for (const child of running) child.kill('SIGKILL');
  });
  afterAll(() => line.close());

  /** The command line within this process: what a process of its own adds is specified at the end. */
  const vfleet = (...words: string[]): Promise<Ended> => line.run(words);

  const start = (words: readonly string[], environment: Record<string, string> = { VFLEET_NATS_URL: line.url }): ChildProcess => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    return child;
  };
  const ended = (child: ChildProcess): Promise<Ended> =>
    new Promise((resolve) => {
      const said = { out: '', note: '' };
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.note += text));
      child.on('close', (code) => {
        running.delete(child);
        resolve({ code, ...said });
      });
    });

  it('lists devices as a table, as JSON and as YAML', async () => {
    const [table, json, yaml] = await Promise.all([
      vfleet('devices', 'ls'),
      vfleet('devices', 'ls', '-o', 'json'),
      vfleet('-o', 'yaml', 'devices', 'ls'),
    ]);
    expect(table).toMatchObject({ code: 0, note: '' });
    expect(table.out).toMatch(/h1 +0000:28:02.0 +10GE/);
    expect(table.out).not.toContain('\u001b');
    expect(JSON.parse(json.out)).toHaveLength(2);
    expect(yaml.out).toContain('- deviceId: ');
  });

  it('asks for every page of a list, with the filter that the options say', async () => {
    await vfleet('devices', 'ls', '--host', 'h1', '--state', 'held', '--match', 'numaNode=0');
    expect(system.asked).toEqual([{ subject: 'devices.list', body: { filter: { hostId: 'h1', state: 'held', numaNode: 0 }, limit: 1000 } }]);
  });

  it.each([
    [['status'], /journal +position/],
    [['devices', 'show', 'h1/28:02.0'], /held by +vm-42/],
    [['hosts', 'ls'], /h1 +online/],
    [['hosts', 'show', 'h1'], /hostname +h1.example.net/],
    [['vms', 'show', 'vm-42'], /holds +0000:28:02.0/],
    [['reservations', 'ls'], /vm-42 +h1 +held/],
  ])('%j shows what the services say', async (words, text) => {
    const { code, out } = await vfleet(...words);
    expect([code, out]).toEqual([0, expect.stringMatching(text)]);
  });

  it('publishes that a VM starts, and says what it got', async () => {
    const reserved = (stored('events/DevicesReserved') as { data: object }).data;
    system.decide = ({ vmId }) => [['DevicesReserved', { ...reserved, vmId }]];
    const { code, out } = await vfleet('vm', 'start', 'vm-1', '--host', 'h1', '--device', '10GE:2', '--device', 'GPU');
    expect([code, out]).toEqual([0, expect.stringMatching(/vm +vm-1\nhost +h1\nholds +0000:28:02.0 \(10GE-0\)/)]);
    expect(system.facts).toMatchObject([
      { vmId: 'vm-1', state: 'starting', hostId: 'h1', devices: [{ device: '10GE', count: 2 }, { device: 'GPU' }] },
    ]);
  });

  it('ends with 2 and the reasons when a VM does not fit', async () => {
    const rejected = (stored('events/ReservationRejected') as { data: object }).data;
    system.decide = ({ vmId }) => [['ReservationRejected', { ...rejected, vmId }]];
    const { code, out, note } = await vfleet('vm', 'start', 'vm-2', '--device', '10GE:2');
    expect([code, out]).toEqual([2, '']);
    expect(note).toContain('10GE-0: asked 2, matching 4, free 1\n    DEVICE_IN_USE ×3');
  });

  it('ends with 4 when the state is not news', async () => {
    system.decide = ({ vmId }) => [['VmStateIgnored', { vmId, state: 'starting', code: 'STALE', message: '3 is not newer than 4' }]];
    const { code, note } = await vfleet('vm', 'start', 'vm-3', '--device', '10GE', '--sequence', '3');
    expect([code, note]).toEqual([4, 'vfleet: 3 is not newer than 4 (STALE)\n']);
  });

  it('takes the refusal that follows the record for the outcome, whatever the VM still holds', async () => {
    const rejected = (stored('events/ReservationRejected') as { data: object }).data;
    system.decide = ({ vmId }) => [
      ['VmStateRecorded', { vmId, state: 'starting', occurredAt: '2026-11-20T10:00:00Z', devices: [] }],
      ['ReservationRejected', { ...rejected, vmId }],
    ];
    expect(await vfleet('vm', 'start', 'vm-42', '--device', '10GE:9')).toMatchObject({ code: 2, out: '' });
  });

  it('says what a VM holds that starts again with the same wish', async () => {
    system.decide = ({ vmId }) => [['VmStateRecorded', { vmId, state: 'starting', occurredAt: '2026-11-20T10:00:00Z', devices: [] }]];
    const { code, out } = await vfleet('vm', 'start', 'vm-42', '--device', '10GE');
    expect([code, out]).toEqual([0, expect.stringMatching(/state +held/)]);
  });

  it('publishes that a VM has stopped, and says what it gave back', async () => {
    const released = (stored('events/DevicesReleased') as { data: object }).data;
    system.decide = ({ vmId }) => [['DevicesReleased', { ...released, vmId }]];
    const { code, out } = await vfleet('vm', 'stop', 'vm-42', '-o', 'json');
    expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'released', vmId: 'vm-42' }]);
  });

  it('does not wait for a VM that holds nothing and wants nothing, nor when it is told not to', async () => {
    system.replies['reservations.get'] = { status: 404, body: { error: { code: 'RESERVATION_NOT_FOUND', message: 'none' } } };
    expect(await vfleet('vm', 'stop', 'vm-5')).toEqual({ code: 0, out: '', note: 'published: vm-5 is stopped\n' });
    expect(await vfleet('vm', 'start', 'vm-5', '--device', '10GE', '--no-wait')).toMatchObject({ code: 0, note: 'published: vm-5 is starting\n' });
  });

  it('ends with 5 when nothing is heard of a VM in time', async () => {
    const { code, note } = await vfleet('vm', 'start', 'vm-6', '--device', '10GE', '--timeout', '0.2');
    expect([code, note]).toEqual([5, expect.stringContaining('nothing was heard of vm-6 within 0.2 s')]);
  });

  it('shows the events from a position on, and ends with the last one', async () => {
    await system.publish('DevicesReserved', { vmId: 'vm-a', hostId: 'h1', devices: [] });
    await system.publish('DevicesReleased', { vmId: 'vm-a', hostId: 'h1', devices: [], cause: 'stopped' });
    const all = await vfleet('events', '--since', '1', '-o', 'json');
    const positions = all.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { position: string }).position);
    expect(positions).toEqual(positions.map((_, index) => String(index + 1)));
    const chosen = await vfleet('events', '--since', '1', '--vm', 'vm-a', '--type', 'DevicesReleased');
    expect([chosen.code, chosen.out]).toEqual([0, expect.stringMatching(/DevicesReleased +vm-a {2}h1 {2}stopped\n$/)]);
  });

  it('that is built watches events until Ctrl-C, and ends well', async () => {
    const child = start(['events', '--watch', '--vm', 'vm-w', '--since', '1']);
    const end = ended(child);
    const seen = new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    await system.publish('DevicesReserved', { vmId: 'vm-w', hostId: 'h1', devices: [] });
    await seen;
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 0, out: expect.stringContaining('vm-w') as never, note: '' });
  });

  it('that is built ends with the code and prints no colours into a pipe', async () => {
    const [listed, wrong] = [await ended(start(['devices', 'ls'])), await ended(start(['devicess']))];
    expect(listed).toMatchObject({ code: 0, note: '' });
    expect(listed.out).toMatch(/h1 +0000:28:02.0 +10GE/);
    expect(listed.out).not.toContain('\u001b');
    expect(wrong).toMatchObject({ code: 64, out: '' });
  });

  it('that is built finds the server of the local system in its endpoints.json', async () => {
    const folder = aFolder('cli');
    fs.writeFileSync(path.join(folder, 'endpoints.json'), JSON.stringify({ natsUrl: line.url }));
    expect(await ended(start(['hosts', 'ls'], { VFLEET_DATA_DIR: folder }))).toMatchObject({ code: 0 });
    expect(await ended(start(['hosts', 'ls'], { VFLEET_DATA_DIR: path.join(folder, 'none') }))).toMatchObject({ code: 5 });
  });

  it.each<[string, number, object, number, string]>([
    ['not found', 404, { code: 'DEVICE_NOT_FOUND', message: 'there is no device x' }, 1, 'there is no device x (DEVICE_NOT_FOUND)'],
    ['a conflict', 409, { code: 'ALREADY_EXISTS', message: 'no' }, 4, 'no (ALREADY_EXISTS)'],
    ['wrong', 400, { code: 'INVALID_REQUEST', message: 'x', details: [{ field: 'address', message: 'is no address' }] }, 64, 'address is no address'],
    ['unavailable', 503, { code: 'UNAVAILABLE', message: 'later' }, 5, 'later'],
  ])('says what a service says is %s', async (_, status, error, exit, text) => {
    system.replies['devices.get'] = { status, body: { error } };
    const { code, out, note } = await vfleet('devices', 'show', 'h1/x');
    expect([code, out]).toEqual([exit, '']);
    expect(note).toContain(text);
  });

  it.each([
    [['devicess'], "unknown command 'devicess'"],
    [['devices', 'ls', '--colour'], "unknown option '--colour'"],
    [['devices', 'ls', '-o', 'xml'], 'Allowed choices are table, wide, json, yaml, csv, name'],
    [['devices', 'show'], "missing required argument 'device'"],
    [['devices', 'show', 'nonsense'], 'nonsense is no device'],
    [['events', '--since', 'yesterday'], 'yesterday is no moment'],
    [['vm', 'start', 'a.b'], 'vmId'],
    [['status', '--server', 'nats://['], 'no address of a NATS server'],
    [[], 'Usage: vfleet'],
  ])('%j is wrong usage, and it says so', async (words, text) => {
    const { code, out, note } = await vfleet(...words);
    expect([code, out]).toEqual([64, '']);
    expect(note).toContain(text);
  });

  it('ends with 5 when no server answers, and says which', async () => {
    const { code, note } = await vfleet('status', '--server', 'nats://127.0.0.1:1');
    expect([code, note]).toEqual([5, expect.stringContaining('127.0.0.1:1')]);
  });

  it('explains itself', async () => {
    const { code, out } = await vfleet('vm', 'start', '--help');
    expect([code, out]).toEqual([0, expect.stringContaining('--device <name[:count]>')]);
    expect(await vfleet('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as never });
  });
});
