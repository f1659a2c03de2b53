import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventName, Migration } from '@vfleet/contracts';
import { aCommandLine, stored, type CommandLine, type Ended, type StandIn } from '../../spec/stand-in.js';

let line: CommandLine;
let system: StandIn;
beforeAll(async () => {
  line = await aCommandLine();
  system = line.system;
});
afterEach(() => system.forget());
afterAll(() => line.close());

const vfleet = (...words: string[]): Promise<Ended> => line.run(words);
const event = (name: EventName): object => (stored(`events/${name}`) as { data: object }).data;
const [completed] = (stored('api/migrations.list.reply') as { items: [Migration] }).items;
const { migrationId } = completed;

/** Once it is asked for, the move happens, and ends as told. */
const happens = (names: readonly EventName[], ended: Migration): void => {
  system.replies['migrations.get'] = { body: ended };
  system.follows['migrations.start'] = async () => {
    for (const name of names) await system.publish(name, event(name));
  };
};

describe('vfleet migrate', () => {
  it('asks for the move and says what it is called', async () => {
    const { code, out } = await vfleet('migrate', 'vm-42', '--to', 'h2', '--mode', 'hotplug');
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`migration +${migrationId}\nstate +requested`))]);
    expect(system.asked).toEqual([{ subject: 'migrations.start', body: { vmId: 'vm-42', targetHostId: 'h2', mode: 'hotplug' } }]);
  });

  it('lets the target be found when none is named', async () => {
    await vfleet('migrate', 'vm-42', '-o', 'json');
    expect(system.asked).toEqual([{ subject: 'migrations.start', body: { vmId: 'vm-42' } }]);
  });

  it('with --wait notes each step as it is taken, and shows the move when it has ended', async () => {
    happens(['MigrationRequested', 'HostdevUnplugged', 'VmMigrated', 'HostdevPlugged', 'MigrationCompleted'], {
      ...completed,
      code: undefined,
    } as never);
    const { code, out, note } = await vfleet('migrate', 'vm-42', '--wait', '-o', 'json');
    expect([code, JSON.parse(out)]).toMatchObject([0, { migrationId, state: 'completed' }]);
    const steps = note.trimEnd().split('\n');
    expect(steps.map((step) => step.split(/ {2,}/)[2])).toEqual([
      'MigrationRequested',
      'HostdevUnplugged',
      'VmMigrated',
      'HostdevPlugged',
      'MigrationCompleted',
    ]);
    expect(steps[1]).toMatch(/^2026-11-20T10:00:00\.000Z +\+0 ms +HostdevUnplugged +h1 {2}0000:28:02\.0$/);
  });

  it('with --wait passes over the steps of other moves of the same VM', async () => {
    await system.publish('MigrationFailed', { ...event('MigrationFailed'), migrationId: 'earlier' });
    happens(['MigrationRequested', 'MigrationCompleted'], completed);
    system.follows['system.status'] = () => system.publish('MigrationFailed', { ...event('MigrationFailed'), migrationId: 'another' });
    const { code, note } = await vfleet('migrate', 'vm-42', '--wait');
    expect([code, note]).toEqual([0, expect.not.stringContaining('Failed')]);
  });

  it('with --wait ends with 1 and the reason when the move is undone', async () => {
    happens(['MigrationRequested', 'MigrationRollingBack', 'MigrationRolledBack'], {
      ...completed,
      state: 'rolledBack',
      code: 'MOVE_FAILED',
      message: 'no route',
    });
    const { code, out, note } = await vfleet('migrate', 'vm-42', '--wait');
    expect([code, out]).toEqual([1, expect.stringMatching(/state +rolledBack/)]);
    expect(note).toContain('vfleet: the move of vm-42 is rolled back: no route (MOVE_FAILED)\n');
  });

  it('with --wait ends with 5 when somebody stops the waiting, and says that the move goes on', async () => {
    const stop = new AbortController();
    system.follows['migrations.start'] = async () => stop.abort();
    const { code, note } = await line.run(['migrate', 'vm-42', '--wait'], stop.signal);
    expect([code, note]).toEqual([5, expect.stringContaining(`see vfleet migrations show ${migrationId}`)]);
  });

  it.each([
    [422, 'VM_UNKNOWN', 1],
    [422, 'NO_MATCHING_DEVICE', 2],
    [422, 'NO_ELIGIBLE_HOST', 2],
    [422, 'MIGRATION_FORBIDDEN', 3],
    [422, 'STANDBY_REQUIRED', 3],
    [409, 'MIGRATION_IN_PROGRESS', 4],
    [503, 'UNAVAILABLE', 5],
  ])('that is refused with %i %s ends with %i', async (status, code, exit) => {
    system.replies['migrations.start'] = { status, body: { error: { code, message: 'no' } } };
    for (const wait of [[], ['--wait']])
      expect(await vfleet('migrate', 'vm-42', ...wait)).toEqual({ code: exit, out: '', note: expect.stringContaining(`vfleet: no (${code})\n`) });
  });

  it('with --plan changes nothing, says what would happen, and ends with 3 when only a policy is in the way', async () => {
    const { code, out, note } = await vfleet('migrate', 'vm-42', '--to', 'h2', '--plan');
    expect(system.asked.map(({ subject }) => subject)).toEqual(['migrations.plan']);
    expect([code, out]).toEqual([3, expect.stringMatching(/step 2 +unplug 0000:28:02.0 on h1 within 30 s/)]);
    expect(note).toBe('vfleet: vm-42 cannot move (STANDBY_REQUIRED)\n');
  });

  it('with --plan ends with 0 when nothing is in the way, and with 2 when something else than a policy is', async () => {
    const plan = stored('api/migrations.plan.reply');
    const blocker = (code: string): object => ({ code, message: 'no' });
    system.replies['migrations.plan'] = { body: { ...plan, feasible: true, blockers: [] } };
    expect(await vfleet('migrate', 'vm-42', '--plan')).toMatchObject({ code: 0, note: '' });
    system.replies['migrations.plan'] = { body: { ...plan, blockers: [blocker('MIGRATION_FORBIDDEN'), blocker('TARGET_STALE')] } };
    expect(await vfleet('migrate', 'vm-42', '--plan')).toMatchObject({ code: 2, note: 'vfleet: vm-42 cannot move (TARGET_STALE)\n' });
  });
});

describe('vfleet migrations', () => {
  it('lists moves, with the filter that the options say', async () => {
    const { code, out } = await vfleet('migrations', 'ls', '--vm', 'vm-42', '--host', 'h1', '--state', 'moving', '--active');
    expect([code, out]).toEqual([0, expect.stringMatching(/vm-42 +completed +h1 +h2/)]);
    expect(system.asked).toEqual([
      { subject: 'migrations.list', body: { filter: { vmId: 'vm-42', hostId: 'h1', state: 'moving', active: true }, limit: 1000 } },
    ]);
  });

  it.each([
    [['show', 'm1'], 'migrations.get', { migrationId: 'm1' }],
    [['cancel', 'm1'], 'migrations.cancel', { migrationId: 'm1' }],
    [['retry', 'm1'], 'migrations.retry', { migrationId: 'm1' }],
    [['resolve', 'm1', '--host', 'h2'], 'migrations.resolve', { migrationId: 'm1', hostId: 'h2' }],
    [['resolve', 'm1'], 'migrations.resolve', { migrationId: 'm1' }],
  ])('%j asks for it and shows the move', async (words, subject, body) => {
    const { code, out } = await vfleet('migrations', ...words);
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^migration +${migrationId}\n`))]);
    expect(system.asked).toEqual([{ subject, body }]);
  });
});

describe('vfleet hosts drain', () => {
  it('says what moves where and what cannot, and ends with 2 when something cannot', async () => {
    const { code, out, note } = await vfleet('hosts', 'drain', 'h1');
    expect([code, out]).toEqual([2, expect.stringMatching(/vm-43 +h3 +- +-\nvm-44 +- +- +NO_ELIGIBLE_HOST: no host has/)]);
    expect(note).toBe('vfleet: 1 VM on h1 cannot move (NO_ELIGIBLE_HOST)\n');
    expect(system.asked).toEqual([{ subject: 'hosts.drain', body: { hostId: 'h1' } }]);
  });

  it('with --dry-run changes nothing', async () => {
    system.replies['hosts.drain'] = { body: { migrations: [], blocked: [] } };
    expect(await vfleet('hosts', 'drain', 'h1', '--dry-run')).toEqual({
      code: 0,
      out: 'Nothing holds devices there: the host is empty.\n',
      note: '',
    });
    expect(system.asked).toEqual([{ subject: 'hosts.drain', body: { hostId: 'h1', dryRun: true } }]);
  });

  it('is taken back by undrain', async () => {
    expect(await vfleet('hosts', 'undrain', 'h1')).toEqual({ code: 0, out: '', note: 'h1 takes VMs again\n' });
    expect(system.asked).toEqual([{ subject: 'hosts.undrain', body: { hostId: 'h1' } }]);
  });
});

describe('vfleet policies', () => {
  it('stores what the options say', async () => {
    const words = [
      '--mode',
      'hotplug',
      '--match',
      'address',
      '--selector',
      'class=02',
      '--selector',
      'functionType=vf',
      '--map',
      '0000:28:02.0=0000:65:02.3',
    ];
    const { code, out } = await vfleet('policies', 'put', 'nics', ...words, '--require-standby', '--move', '600');
    expect([code, out]).toEqual([0, expect.stringMatching(/^policy +nic-hotplug\nfor +class=02 functionType=vf\nmode +hotplug/)]);
    const policy = {
      mode: 'hotplug',
      match: 'address',
      selector: { class: '02', functionType: 'vf' },
      addressMap: { '0000:28:02.0': '0000:65:02.3' },
    };
    expect(system.asked).toEqual([{ subject: 'policies.put', body: { name: 'nics', ...policy, requireStandby: true, deadlines: { migrate: 600 } } }]);
  });

  it('lists, shows and removes them', async () => {
    expect(await vfleet('policies', 'ls')).toMatchObject({ code: 0, out: expect.stringMatching(/\nstay +forbid +- +- +- +every device\n/) as never });
    expect(await vfleet('policies', 'show', 'nic-hotplug')).toMatchObject({ code: 0 });
    expect(await vfleet('policies', 'rm', 'nic-hotplug')).toMatchObject({ code: 0 });
    expect(system.asked.slice(1)).toEqual([
      { subject: 'policies.get', body: { name: 'nic-hotplug' } },
      { subject: 'policies.delete', body: { name: 'nic-hotplug' } },
    ]);
  });
});

describe('wrong usage of the commands about moves', () => {
  it.each([
    [['migrate'], "missing required argument 'vmId'"],
    [['migrate', 'vm-1', '--mode', 'forbid'], 'Allowed choices are hotplug, live, cold'],
    [['migrations', 'ls', '--state', 'lost'], 'Allowed choices are requested'],
    [['migrations', 'cancel', 'm1', '--host', 'h1'], "unknown option '--host'"],
    [['policies', 'put', 'p'], "required option '--mode <mode>' not specified"],
    [['policies', 'put', 'p', '--mode', 'cold', '--selector', 'class'], '--selector class is no key=value'],
    [['policies', 'put', 'p', '--mode', 'cold', '--map', 'a=b=c'], '--map a=b=c is no source=target'],
  ])('%j is told, and ends with 64', async (words, text) => {
    expect(await vfleet(...words)).toEqual({ code: 64, out: '', note: expect.stringContaining(text) });
  });
});
