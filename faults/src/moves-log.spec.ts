import { describe, expect, it } from '@jest/globals';
import { isClean, type LogEvent } from './findings.js';
import { endsOf, judgeMoves, type Attachment } from './moves-log.js';

const log = (...events: readonly (readonly [string, object])[]): readonly LogEvent[] =>
  events.map(([type, data], n) => ({
    position: n + 1,
    stream: type.startsWith('Devices') ? 'vm-1' : 'migration-m',
    version: n + 1,
    id: `e${n}`,
    type,
    data,
  }));
const change = (vmId: string, hostId: string, address: string): object => ({
  vmId,
  hostId,
  devices: [{ deviceId: `${hostId} ${address}`, address }],
});
const SOURCE = change('vm', 'h1', 'a');
const TARGET = change('vm', 'h2', 'b');
const order = { commandId: 'm-1' };
const STARTED = ['DevicesReserved', SOURCE] as const;
const MOVED = log(
  STARTED,
  ['MigrationRequested', {}],
  ['DevicesReserved', TARGET],
  ['HostdevUnplugRequested', order],
  ['HostdevUnplugged', order],
  ['DevicesReleased', SOURCE],
  ['MigrationCompleted', {}],
);
const ON_TARGET: readonly Attachment[] = [{ hostId: 'h2', vmId: 'vm', address: 'b' }];
const RUNS_ON_TARGET = new Map([['vm', 'h2']]);

describe('the reader of moves', () => {
  it('finds nothing wrong with a VM that has its device where it runs', () => {
    expect(isClean(judgeMoves(MOVED, ON_TARGET, RUNS_ON_TARGET))).toBe(true);
    expect([...endsOf(MOVED)]).toEqual([['migration-m', 'MigrationCompleted']]);
  });

  it('sees a move that goes on, and an order of which nothing was heard', () => {
    expect(
      judgeMoves(
        MOVED.filter(({ type }) => type !== 'MigrationCompleted' && type !== 'HostdevUnplugged'),
        ON_TARGET,
        RUNS_ON_TARGET,
      ).lost,
    ).toEqual(['migration-m has not ended', 'nobody has said what became of order m-1']);
    expect(judgeMoves([...MOVED, ...log(['MigrationRetried', {}])], ON_TARGET, RUNS_ON_TARGET).lost).toEqual(['migration-m has not ended']);
  });

  it('sees a VM without a device, with two, and with one on another host', () => {
    expect(judgeMoves(log(STARTED, ['DevicesReleased', SOURCE]), [], RUNS_ON_TARGET).lost).toEqual(['vm holds nothing']);
    const both = judgeMoves(
      MOVED.filter(({ type }) => type !== 'DevicesReleased'),
      ON_TARGET,
      RUNS_ON_TARGET,
    );
    expect(both.doubled).toEqual(['vm holds 2 devices']);
    expect(both.misplaced).toEqual(['a of h1 for vm is held, and the VM is elsewhere', 'a of h1 for vm is held and not attached']);
  });

  it('sees what is attached and not held, and what is held and not attached', () => {
    const elsewhere: readonly Attachment[] = [{ hostId: 'h1', vmId: 'vm', address: 'a' }];
    expect(judgeMoves(MOVED, elsewhere, RUNS_ON_TARGET).misplaced).toEqual([
      'b of h2 for vm is held and not attached',
      'a of h1 for vm is attached and not held',
    ]);
  });

  it('sees a device with two holders, whoever they are', () => {
    expect(judgeMoves([...MOVED, ...log(['DevicesReserved', change('other', 'h2', 'b')])], ON_TARGET, RUNS_ON_TARGET).doubled).toEqual([
      'h2 b is held by vm and other',
    ]);
  });

  it('does not look at other VMs', () => {
    expect(isClean(judgeMoves([...MOVED, ...log(['DevicesReserved', change('other', 'h1', 'c')])], ON_TARGET, RUNS_ON_TARGET))).toBe(true);
  });
});
