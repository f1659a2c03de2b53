import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Fleet } from '../actors/fleet.js';
import { Stream } from '../bus/stream.js';
import { Tables } from '../store/tables.js';
import { unsettled } from './end-check.js';
import { LogCheck } from './log-check.js';

const anEmptyStream = (): Stream => {
  const stream = new Stream(0);
  stream.create(1);
  return stream;
};

/** An end where nothing has happened: nothing is left to be settled but what a spec puts there. */
const anEnding = () => ({
  fleet: new Fleet(['h1', 'h2'], ['vm-1', 'vm-2']),
  store: { tables: new Tables() },
  log: new LogCheck(() => undefined),
  bus: { events: anEmptyStream() },
  deadLetters: [] as string[],
  plan: { entries: [{ at: 1, deed: { what: 'send poison', vmId: 'vm-1' } as const }] },
});

describe('what looks at the end', () => {
  it('has nothing to say where nothing is left', () => {
    expect(unsettled(anEnding())).toEqual([]);
  });

  it('names E1 where something is held for a VM that has ended', () => {
    const ending = anEnding();
    ending.store.tables.claims.set('d1', 'vm-1');
    expect(unsettled(ending)).toEqual([['E1', 'd1 is held for vm-1, which has ended']]);
  });

  it('names E2 where a move waits', () => {
    const ending = anEnding();
    ending.store.tables.marks.set('migration:m1', { due: '2026-01-01T00:00:00Z' });
    expect(unsettled(ending).map(([promise]) => promise)).toEqual(['E2']);
  });

  it('names E2 where a VM has what it does not hold', () => {
    const ending = anEnding();
    ending.fleet.attach('h1', 'd1', 'vm-1');
    expect(unsettled(ending)).toEqual([['E2', 'd1 is plugged into vm-1 on h1 and held by nobody']]);
  });

  it('names E3 where the copy or the rows are behind', () => {
    const ending = anEnding();
    ending.store.tables.events.push({
      position: 1,
      stream: 's',
      version: 1,
      id: 'event-1',
      type: 'Happened',
      data: {},
      meta: {},
      recordedAt: new Date(0),
    });
    expect(unsettled(ending)).toEqual([
      ['E3', 'the copy is at 0, the log at 1'],
      ['E3', 'the rows are at 0, the log at 1'],
    ]);
  });

  it('names E4 where something was buried that was no poison', () => {
    const ending = anEnding();
    ending.deadLetters.push('vfleet.in.vm.vm-1.VmStateChanged');
    expect(unsettled(ending)).toEqual([]);
    ending.deadLetters.push('vfleet.in.vm.vm-2.VmStateChanged');
    expect(unsettled(ending)).toEqual([['E4', 'vfleet.in.vm.vm-2.VmStateChanged was buried and was no poison']]);
  });
});
