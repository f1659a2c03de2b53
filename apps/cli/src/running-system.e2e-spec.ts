import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { DeadLetter, Device, Migration, Reservation } from '@vfleet/contracts';
import { until } from '@vfleet/testing';
import { HOSTILE_NAME, aRunningSystem, type RunningSystem } from '../spec/running-system.js';
import type { Ended } from '../spec/stand-in.js';
import { FORMATS } from './render/format.js';

let system: RunningSystem;
beforeAll(async () => {
  system = await aRunningSystem();
}, 240_000);
afterAll(() => system.close());

const vfleet = (line: string): Promise<Ended> => system.vfleet(...line.split(' '));
const within = (line: string): Promise<Ended> => system.within(...line.split(' '));
const json = async <T>(line: string): Promise<T> => JSON.parse((await within(`${line} -o json`)).out) as T;

/** Records of RFC 4180. */
const csv = (text: string): readonly (readonly string[])[] => {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (end === '' && plain === '') break;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
};

/** Everything that a terminal would act upon, but the ends of lines. */
const ON_TERMINAL = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('commands that change something', () => {
  it.each<[string, RegExp]>([
    ['models create NIC-VF --type NIC-82599 --ids 8086:10CA', /model +NIC-VF\ntype +NIC-82599\nids +8086:10ca/],
    ['aliases put fast --model NIC-VF', /alias +fast\nasks for +model NIC-VF/],
    ['offerings put net --alias fast:2 --strategy spread', /devices +alias fast ×2\nstrategy +spread/],
    ['quotas put acme --match class=02 --limit 1', /tenant +acme\nmatch +class=02\nused +0\nlimit +1/],
    ['policies put vfs --mode hotplug --selector functionType=vf', /policy +vfs/],
    ['reservations reserve vm-1 --host h1 --device 10GE:2 --dry-run', /reservation +-\n/],
    ['reservations reserve vm-1 --host h1 --device 10GE:2', /vm +vm-1\nhost +h1\nstate +held/],
    ['reservations release vm-1', /gave back +2 devices/],
    ['reservations release vm-1', /gave back +0 devices/],
    ['vms report vm-1 --state starting --host h1 --offering net --sequence 1', /outcome +reserved\ndevices +0000:\S+ 0000:\S+/],
    ['vm start vm-2 --host h2 --device 10GE', /holds +0000:\S+ \(10GE-0\)/],
    ['vms attach vm-2 --device 10GE', /device +0000:\S+[\s\S]*device +0000:\S+/],
    ['vms detach vm-2 --request 10GE-1', /vm +vm-2/],
    ['vm stop vm-2', /gave back/],
    ['devices cordon h1/0000:01:10.7 --reason loud', /cordoned +yes/],
    ['devices uncordon h1/0000:01:10.7', /state +available/],
    ['devices tag h1/0000:01:10.7 rack=b4', /tags +.*rack=b4/],
    ['hosts probe h1 h2', /looked +h1 h2\nunreachable +-/],
    ['hosts drain h2 --dry-run', /the host is empty/],
    ['migrate vm-1 --to h2 --plan', /possible +no|possible +yes/],
  ])('vfleet %s', async (line, out) => {
    const { code, out: said, note } = await vfleet(line);
    expect([line, said, note]).toEqual([line, expect.stringMatching(out), expect.anything()]);
    // vm-1 does not run yet, which conflicts with a move.
    expect(code).toBe(line.includes('--plan') ? 4 : 0);
    expect(said).not.toMatch(CONTROL);
  });

  it('drain a host and fill it again', async () => {
    expect(await vfleet('hosts drain h2')).toMatchObject({ code: 0, note: '' });
    expect((await vfleet('hosts show h2')).out).toMatch(/state +draining/);
    expect(await vfleet('hosts undrain h2')).toEqual({ code: 0, out: '', note: 'h2 takes VMs again\n' });
  });

  it('move a VM, a step a line, and show what became of it', async () => {
    const { devices } = await json<Reservation>('reservations show vm-1');
    await system.boot('vm-1', 'h1', devices);
    await until('vm-1 to run', async () => (await within('vms show vm-1')).out.includes('running'));
    const { code, out, note } = await vfleet('migrate vm-1 --to h2 --wait');
    expect([code, out, note]).toEqual([0, expect.stringMatching(/state +completed/), expect.stringMatching(/VmMigrated[\s\S]*MigrationCompleted/)]);
    expect(note).not.toMatch(CONTROL);
    const [move] = await json<Migration[]>('migrations ls');
    expect(await vfleet(`migrations show ${move?.migrationId}`)).toMatchObject({ code: 0, out: expect.stringContaining('0000:') as never });
    for (const verb of ['cancel', 'retry', 'resolve']) expect(await vfleet(`migrations ${verb} ${move?.migrationId}`)).toMatchObject({ code: 4 });
  });

  it('move it back on a terminal, the step that is waited for at the bottom', async () => {
    const { code, out } = await system.onTerminal(['migrate', 'vm-1', '--to', 'h1', '--wait']);
    expect([code, out]).toEqual([0, expect.stringMatching(/⠋ waiting for [\s\S]*MigrationCompleted[\s\S]*completed/)]);
  });

  it('replay and discard dead letters', async () => {
    system.nats.publish('vfleet.in.vm.vm-9.VmStateChanged', '{"vmId": "vm-9", "state"');
    const letter = await until('the dead letter', async () => (await json<DeadLetter[]>('deadletters ls'))[0]);
    expect(await vfleet(`deadletters show ${letter.id}`)).toMatchObject({
      code: 0,
      out: expect.stringContaining('{"vmId": "vm-9", "state"') as never,
    });
    expect(await vfleet(`deadletters replay ${letter.id}`)).toMatchObject({ code: 0 });
    const again = await until('the dead letter again', async () => (await json<DeadLetter[]>('deadletters ls'))[0]);
    expect(await vfleet(`deadletters discard ${again.id}`)).toMatchObject({ code: 0 });
    expect(await json('deadletters ls')).toEqual([]);
  });
});

describe('commands that show something', () => {
  const LISTS: readonly [string, number][] = [
    ['devices ls --limit 3', 3],
    ['devices history h1/0000:01:10.0', 1],
    ['vms history vm-1', 1],
    ['devices holders h1/0000:01:10.0', 0],
    ['devices affected h1/0000:01:10.0', 0],
    ['hosts ls', 3],
    ['pools', 1],
    ['vms ls', 1],
    ['reservations ls', 1],
    ['models ls', 1],
    ['aliases ls', 1],
    ['offerings ls', 1],
    ['policies ls', 1],
    ['quotas ls', 1],
    ['migrations ls', 2],
    ['projections ls', 1],
    ['projections wait', 1],
  ];
  it.each(LISTS)('vfleet %s is the same list in every format', async (line, least) => {
    const items = await json<unknown[]>(line);
    expect(items.length).toBeGreaterThanOrEqual(least);
    const shown = Object.fromEntries(
      await Promise.all(['table', 'wide', 'yaml', 'csv', 'name'].map(async (format) => [format, await within(`${line} -o ${format}`)] as const)),
    ) as Record<string, Ended>;
    for (const { code, out } of Object.values(shown)) expect([code, CONTROL.test(out)]).toEqual([0, false]);
    expect((parse(shown['yaml']?.out ?? '') as unknown[]).length).toBe(items.length);
    const [head = [], ...rows] = csv(shown['csv']?.out ?? '');
    expect(rows.map((row) => row.length)).toEqual(items.map(() => head.length));
    expect(shown['name']?.out.split('\n').length).toBe(items.length + 1);
    if (items.length > 0) expect(shown['table']?.out.trimEnd().split('\n').length).toBe(items.length + 1);
  });

  it.each([
    'status',
    'devices show h1/0000:01:10.0',
    'hosts show h1',
    'hosts tree h1',
    'vms show vm-1',
    'vms show vm-1 --as-of 1s',
    'reservations show vm-1',
    'models show NIC-VF',
    'aliases show fast',
    'offerings show net',
    'policies show vfs',
    'candidates --device 10GE',
    'explain h1 --device 10GE',
  ])('vfleet %s is the same thing in every format', async (line) => {
    const { code, out } = await vfleet(line);
    expect([code, out]).toEqual([0, expect.stringMatching(/\S/)]);
    const value = await json(line);
    const shape = (one: unknown): readonly string[] => Object.keys(one as object);
    expect(shape(parse((await within(`${line} -o yaml`)).out))).toEqual(shape(value));
    for (const format of ['wide', 'csv', 'name'])
      expect(await within(`${line} -o ${format}`)).toMatchObject({ code: 0, out: expect.stringMatching(/\S/) as never });
  });

  it('vfleet events shows them in every format, and finds them by position, time, VM and device', async () => {
    const all = (await vfleet('events --since 1 -o json')).out.trim().split('\n');
    const positions = all.map((line) => Number((JSON.parse(line) as { position: string }).position));
    expect(positions).toEqual(positions.map((_, index) => index + 1));
    const since = (JSON.parse(all[10] as string) as { time: string }).time;
    const later = csv((await within(`events --since ${since} -o csv`)).out).slice(1);
    expect(Number(later[0]?.[0])).toBeLessThanOrEqual(11);
    expect(later.every(([, time = '']) => time >= since)).toBe(true);
    expect(parseAllDocuments((await within('events --last 3 -o yaml')).out)).toHaveLength(3);
    const names = (await within('events --since 1h --vm vm-1 --type DevicesReserved')).out.trim().split('\n');
    expect(names.every((line) => line.includes('DevicesReserved') && line.includes('vm-1'))).toBe(true);
    expect((await within('events --since 1 --device h1/0000:01:10.7 -o csv')).out).toMatch(/DeviceCordoned[\s\S]*DeviceTagged/);
    expect(await within('events --since 2099-01-01T00:00:00Z')).toEqual({ code: 0, out: '', note: '' });
  });

  it('a list says that there is more, and shows every one when told', async () => {
    const { out, note } = await vfleet('devices ls --limit 2 -o name');
    expect([out.trim().split('\n').length, note]).toEqual([2, 'only the first 2 are shown; --all shows every one\n']);
    const all = await json<Device[]>('devices ls --all');
    expect(all.length).toBeGreaterThan(20);
  });

  it('a device as it was before it was tagged has no such tag', async () => {
    const [{ position }] = (await json<{ position: string; type: string }[]>('devices history h1/0000:01:10.7')).filter(
      ({ type }) => type === 'DeviceTagged',
    ) as unknown as [{ position: string }];
    const before = await json<Device>(`devices show h1/0000:01:10.7 --as-of ${Number(position) - 1}`);
    expect([before.tags, (await json<Device>('devices show h1/0000:01:10.7')).tags]).toEqual([{}, { rack: 'b4' }]);
  });
});

describe('vfleet doctor', () => {
  it('finds agents of another version, and ends with 1', async () => {
    const { code, out, note } = await vfleet('doctor');
    expect([code, note]).toEqual([1, 'vfleet: 1 finding; what to do stands beside each\n']);
    expect(out).toMatch(/warning +AGENT_VERSION +h3 +its agent is 0\.0\.9, most are 0\.1\.0 +vfleet hosts show h3/);
  });

  it('finds a fact that could not be accepted', async () => {
    system.nats.publish('vfleet.in.vm.vm-8.VmStateChanged', 'no');
    const codes = await until('the finding', async () => {
      const found = (await json<{ code: string }[]>('doctor')).map(({ code }) => code);
      return found.includes('DEAD_LETTERS') && found;
    });
    expect(codes).toEqual(['DEAD_LETTERS', 'AGENT_VERSION']);
  });
});

describe('exit codes', () => {
  it.each<[number, string, string]>([
    [1, 'devices show h1/0000:ff:00.0', 'DEVICE_NOT_FOUND'],
    [2, 'reservations reserve vm-7 --host h1 --device 10GE:64', 'UNSATISFIABLE'],
    [2, 'candidates --device none', 'NO_ELIGIBLE_HOST'],
    [2, 'explain h1 --device none', 'cannot serve this'],
    [2, 'migrate vm-1 --to h3', 'NO_MATCHING_DEVICE'],
    [3, 'reservations reserve vm-7 --host h1 --device 10GE:2 --tenant acme', 'QUOTA_EXCEEDED'],
    [4, 'models create NIC-VF --type NIC-82599 --ids 8086:10ca', 'ALREADY_EXISTS'],
    [4, 'vms report vm-1 --state running --sequence 1', 'STALE'],
    [5, 'hosts probe h3', '1 host cannot be reached'],
    [5, 'status --server nats://127.0.0.1:1', '127.0.0.1:1'],
    [64, 'devics ls', 'Did you mean devices?'],
    [64, 'devices lss', 'Did you mean ls?'],
    [64, 'devices ls --hosts h1', 'Did you mean --host?'],
    [64, 'devices ls -o xml', 'Allowed choices are table, wide, json, yaml, csv, name'],
    [64, 'devices ls --match vendorid=8086', 'vendorid'],
    [64, 'devices ls --as-of yesterday', '--as-of yesterday is no moment'],
    [64, 'hosts show a.b', 'hostId'],
  ])('%i: vfleet %s', async (code, line, said) => {
    const ended = await vfleet(line);
    expect([ended.code, ended.note]).toEqual([code, expect.stringContaining(said)]);
    expect(ended.note).not.toMatch(/at .*\.js|select |\u001b/);
  });

  it('3: a policy that forbids the move', async () => {
    await vfleet('policies put vfs --mode forbid --selector functionType=vf');
    for (const line of ['migrate vm-1 --to h2', 'migrate vm-1 --to h2 --wait', 'migrate vm-1 --to h2 --plan'])
      expect(await vfleet(line)).toMatchObject({ code: 3, note: expect.stringContaining('MIGRATION_FORBIDDEN') as never });
  });
});

describe('on a terminal', () => {
  it('there are colours, and none with NO_COLOR, nor on a dumb one', async () => {
    expect((await system.onTerminal(['hosts', 'ls'])).out).toContain('\u001b[32monline');
    expect((await system.onTerminal(['hosts', 'ls'], { NO_COLOR: '1' })).out).not.toContain('\u001b');
    expect((await system.onTerminal(['hosts', 'ls'], { TERM: 'dumb' })).out).not.toContain('\u001b');
  });

  it('the name of a device cannot act upon it', async () => {
    const [device] = await json<Device[]>('devices ls --host h3');
    expect(device?.name).toBe(HOSTILE_NAME);
    const lines = FORMATS.flatMap((format) => [
      ['devices', 'ls', '--host', 'h3', '-o', format],
      ['devices', 'show', 'h3/0000:01:00.0', '-o', format],
    ]);
    const shown = await Promise.all(lines.map((words) => system.onTerminal(words, { NO_COLOR: '1' })));
    expect(shown.map(({ code, out }) => [code, ON_TERMINAL.test(out)])).toEqual(lines.map(() => [0, false]));
  });

  it('a list that is watched is drawn anew when an event tells of a change, until Ctrl-C', async () => {
    const { code, out } = await system.onTerminal(
      ['devices', 'ls', '--host', 'h1', '--watch'],
      { NO_COLOR: '1' },
      {
        whenShown: async () => expect((await within('reservations reserve vm-watched --host h1 --device 10GE')).note).toBe(''),
        stopAfter: /vm-watched/,
      },
    );
    expect([code, out.split('\u001b[H\u001b[2J').length]).toEqual([0, 3]);
    expect(out).toMatch(/as of \S+Z, Ctrl-C ends/);
    await within('reservations release vm-watched');
  });

  it('a probe of several hosts shows a bar, which goes away', async () => {
    const { code, out } = await system.onTerminal(['hosts', 'probe', 'h1', 'h2'], { NO_COLOR: '1' });
    expect([code, out]).toEqual([0, expect.stringMatching(/\[#{30}\] 2 of 2 hosts\r\u001b\[2Klooked +h1 h2/)]);
  });
});

describe('contexts', () => {
  const file = (): string => path.join(system.home, 'vfleet', 'contexts.yaml');

  it('are made, shown without passwords, used and forgotten', async () => {
    const secret = path.join(system.home, 'secret');
    fs.writeFileSync(secret, 'hunter2\n');
    expect(await vfleet('context ls')).toMatchObject({ code: 0, out: expect.stringContaining('no context') as never });
    expect(await vfleet(`context set here --server ${system.url}`)).toMatchObject({ code: 0, note: 'here is made, and in use\n' });
    expect(await vfleet(`context set away --server nats://127.0.0.1:1 --user op --password-file ${secret}`)).toMatchObject({
      code: 0,
      note: 'away is made\n',
    });
    expect(fs.statSync(file()).mode & 0o777).toBe(0o600);
    for (const format of ['table', 'wide', 'json', 'yaml', 'csv', 'name'])
      for (const line of ['context ls', 'context show away']) expect((await within(`${line} -o ${format}`)).out).not.toContain('hunter2');
    expect((await vfleet('context show away')).out).toMatch(/user +op\ncredentials +password/);
    expect(await vfleet('hosts ls --context here -o name')).toMatchObject({ code: 0, out: 'h1\nh2\nh3\n' });
    expect(await vfleet('hosts ls --context away')).toMatchObject({ code: 5 });
    expect(await vfleet('context use away')).toMatchObject({ code: 0 });
    expect(await vfleet('context rm away')).toMatchObject({ code: 0 });
    expect(await vfleet('hosts ls --context away')).toMatchObject({ code: 64, note: expect.stringContaining('known: here') as never });
  });
});

describe('completion', () => {
  const offered = async (...words: string[]): Promise<readonly string[]> =>
    (await system.vfleet('__complete', ...words)).out.split('\n').filter(Boolean);

  it('knows commands, options and their values, and what stands in the system', async () => {
    expect(await offered('dev')).toEqual(['devices']);
    expect(await offered('devices', 'c')).toEqual(['cordon']);
    expect(await offered('devices', 'ls', '--st')).toEqual(['--state']);
    expect(await offered('devices', 'ls', '--state', 'a')).toEqual(['available']);
    expect(await offered('hosts', 'show', '')).toEqual(['h1', 'h2', 'h3']);
    expect(await offered('devices', 'show', 'h1/0000:01:10.7')).toEqual(['h1/0000:01:10.7']);
    expect(await offered('migrate', 'vm-')).toEqual(['vm-1']);
    expect(await offered('policies', 'show', '')).toEqual(['vfs']);
  });

  it('offers nothing, and says nothing, where no server answers', async () => {
    expect(await system.vfleet('__complete', '--server', 'nats://127.0.0.1:1', 'hosts', 'show', '')).toEqual({ code: 0, out: '', note: '' });
  });

  it('is installed by what bash understands, which takes a colon for the end of a word', async () => {
    const line = 'vfleet devices show h1/0000:01:10.7';
    const script = `source <(vfleet completion bash); COMP_LINE='${line}'; COMP_POINT=${line.length}; _vfleet; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(await system.inBash(script)).toEqual({ code: 0, out: '10.7\n', note: '' });
  });
});

describe('what was stored', () => {
  it.each(['quotas rm acme --match class=02', 'policies rm vfs', 'offerings rm net', 'aliases rm fast'])(
    'is taken away by vfleet %s',
    async (line) => {
      expect(await vfleet(line)).toMatchObject({ code: 0, note: '' });
      expect(await vfleet(line)).toMatchObject({ code: 1 });
    },
  );

  it('is a model only while no VM holds one of its devices', async () => {
    expect(await vfleet('models rm NIC-VF')).toMatchObject({ code: 4, note: expect.stringContaining('MODEL_IN_USE') as never });
    const { devices, hostId } = await json<Reservation>('reservations show vm-1');
    await within('vms report vm-1 --state destroyed');
    await system.shutDown('vm-1', hostId, devices);
    await until('everything to be free', async () => (await json<unknown[]>('reservations ls')).length === 0);
    expect(await vfleet('models rm NIC-VF')).toMatchObject({ code: 0 });
  });
});
