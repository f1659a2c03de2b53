import { describe, expect, it } from '@jest/globals';
import type { CloudEvent, Drain, Migration, MigrationPlan, Policy, Vm } from '@vfleet/contracts';
import { stored } from '../../spec/stand-in.js';
import { drainView } from './drain.js';
import { listView, recordView, render } from './format.js';
import { MIGRATIONS } from './migrations.js';
import { NO_PAINT, TERMINAL_PAINT } from './paint.js';
import { planView } from './plan.js';
import { POLICIES } from './policies.js';
import { durationText, renderStep, stepOfEvent } from './steps.js';
import { VMS } from './vms.js';

const moving = stored('api/migrations.get.reply') as Migration;
const { items: moves } = stored('api/migrations.list.reply') as { items: Migration[] };
const plan = stored('api/migrations.plan.reply') as MigrationPlan;
const drain = stored('api/hosts.drain.reply') as Drain;
const { items: policies } = stored('api/policies.list.reply') as { items: Policy[] };
const event = (name: string): CloudEvent => stored(`events/${name}`) as CloudEvent;

const table = (items: readonly Migration[]): string => render(listView(MIGRATIONS, items, ''), 'table', NO_PAINT);
const view = (migration: Migration): string => render(recordView(MIGRATIONS, migration), 'table', NO_PAINT);

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [3_880.5, '3.8 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min 0 s'],
    [3_725_000, '62 min 5 s'],
  ])('of %d ms is %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});

describe('a list of moves', () => {
  it('says of each from where to where, how it stands, how long it took and how long its VM went without', () => {
    const [, done, refused] = table(moves).split('\n') as [string, string, string];
    expect(done).toMatch(/vm-42 {2}completed {2}h1 {4}h2 +2 +2026-11-20T10:00:00\.000Z {2}4\.2 s {2}3\.8 s/);
    expect(refused).toMatch(/vm-9 {3}rejected {3}- {5}- {3}0 .* 0 ms +- +VM_UNKNOWN$/);
  });

  it('has the same number of columns in each line, so that awk can count', () => {
    for (const line of table([...moves, moving])
      .trimEnd()
      .split('\n')
      .slice(1))
      expect(line.split(/ {2,}/)).toHaveLength(10);
  });
});

describe('one move', () => {
  it('says where each of its devices is, and by which policy', () => {
    expect(view(moving)).toMatch(/device +10GE-0: 0000:28:02\.0 → 0000:65:02\.3, hotplug by policy nic-hotplug: unplugged\n/);
    expect(view(moving)).toMatch(/device +gpu-0: 0000:3b:00\.0 → nothing, detach by policy default: left\n/);
  });

  it('has its steps with their times, and what went wrong in them', () => {
    expect(view(moving)).toMatch(/step +2026-11-20T10:00:00\.320Z +\+300 ms {2}HostdevUnplugged +h1 {2}0000:28:02\.0\n/);
    expect(view(moving)).toMatch(/step .* {2}\+3\.0 s {2}VmMigrated +h2\n/);
    expect(view(moving)).toMatch(/HostdevCommandFailed +h2 {2}0000:65:02\.3 {2}DEVICE_BUSY: 0000:65:02\.3 is busy\n/);
  });

  it('shows a device by its id where it has been replaced since', () => {
    const [device] = moving.devices;
    const replaced = { ...moving, devices: [{ ...device, target: null }] } as Migration;
    expect(view(replaced)).toContain(`HostdevPlugRequested    h2  ${device?.target?.deviceId}`);
  });

  it('says when it ended and why, where it has', () => {
    expect(view(moving)).toMatch(/ended +-\ninterrupted +-\n/);
    expect(view(moves[0] as Migration)).toMatch(/ended +2026-11-20T10:00:04\.200Z after 4\.2 s\ninterrupted +3\.8 s\n/);
    expect(view(moves[1] as Migration)).toMatch(/why +VM_UNKNOWN: vm-9 was never heard of\n/);
  });

  it('is for programs what the service said, and keeps its colours off them', () => {
    expect(JSON.parse(render(recordView(MIGRATIONS, moving), 'json', TERMINAL_PAINT))).toEqual(moving);
    expect(render(recordView(MIGRATIONS, moving), 'table', TERMINAL_PAINT).replaceAll(/\u001b\[\d+m/g, '')).toBe(view(moving));
  });

  it('cannot write over the terminal', () => {
    expect(view({ ...moving, code: 'X', message: '\u001b[2J' })).not.toContain('\u001b');
    expect(renderStep(stepOfEvent({ ...event('MigrationFailed'), data: { code: 'X', message: '\u001b[2J\n' } }, undefined), NO_PAINT)).not.toContain(
      '\u001b',
    );
  });
});

describe('a step that was just taken', () => {
  it('is one line: when, how long after the one before, what, where', () => {
    const before = { ...event('HostdevPlugRequested'), time: '2026-11-20T09:59:58.500Z' };
    const step = stepOfEvent(event('HostdevPlugged'), before);
    expect(renderStep(step, NO_PAINT)).toBe('2026-11-20T10:00:00.000Z      +1.5 s  HostdevPlugged          h2  0000:65:02.3\n');
    expect(renderStep(stepOfEvent(event('VmMigrated'), undefined), NO_PAINT)).toMatch(/\+0 ms {2}VmMigrated +h2\n$/);
  });

  it('says what was wrong', () => {
    expect(renderStep(stepOfEvent(event('MigrationRollingBack'), undefined), NO_PAINT)).toMatch(
      /MigrationRollingBack +MIGRATION_FAILED: the platform did not move the VM: no route\n$/,
    );
  });
});

describe('a plan', () => {
  it('says what would happen step by step, and what is in the way', () => {
    const text = render(planView(plan), 'table', NO_PAINT);
    expect(text).toMatch(/possible +no\n/);
    expect(text).toMatch(/step 1 +reserve 0000:65:02\.3 on h2\nstep 2 +unplug 0000:28:02\.0 on h1 within 30 s\nstep 3 +move on h2 within 3600 s\n/);
    expect(text).toMatch(/in the way +STANDBY_REQUIRED: policy nic-hotplug wants a standby, and vm-42 has none \(policy nic-hotplug\)\n/);
    expect(render(planView({ ...plan, feasible: true, blockers: [] }), 'table', NO_PAINT)).toMatch(/possible +yes\n/);
  });

  it('is for programs what the service said', () => {
    expect(JSON.parse(render(planView(plan), 'json', TERMINAL_PAINT))).toEqual(plan);
  });
});

describe('a host that is emptied', () => {
  it('has first what moves where, then what cannot', () => {
    const lines = render(drainView(drain), 'table', NO_PAINT).trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['VM', 'TO'],
      ['vm-42', 'h2'],
      ['vm-43', 'h3'],
      ['vm-44', '-'],
    ]);
  });

  it('is for programs what the service said', () => {
    expect(JSON.parse(render(drainView(drain), 'json', NO_PAINT))).toEqual(drain);
  });
});

describe('a policy', () => {
  it('says for which devices it is, and what it demands', () => {
    const [nics, stay] = policies as [Policy, Policy];
    const text = render(recordView(POLICIES, nics), 'table', NO_PAINT);
    expect(text).toMatch(/for +class=02 functionType=vf\n/);
    expect(text).toMatch(/addresses +0000:28:02\.0=0000:65:02\.3\n/);
    expect(text).toMatch(/seconds +unplug 30, move 3600, plug 30\n/);
    expect(render(recordView(POLICIES, stay), 'table', NO_PAINT)).toMatch(/for +every device\nmode +forbid\n/);
    const listed = render(listView(POLICIES, policies, ''), 'table', NO_PAINT);
    expect(listed).toMatch(/\nnic-hotplug {2}hotplug {2}address {2}required {2}reject +class=02 functionType=vf\n/);
  });
});

describe('a VM that moves', () => {
  it('says so', () => {
    const vm = stored('api/vms.get.reply') as Vm;
    expect(render(recordView(VMS, { ...vm, migrationId: 'm1' }), 'table', NO_PAINT)).toMatch(/is moving +m1\n/);
    expect(render(recordView(VMS, vm), 'table', NO_PAINT)).not.toContain('is moving');
  });
});
