import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { FleetMemory } from '@vfleet/allocator/fleet-memory';
import { projectedAnew } from '../actors/inventory.js';
import { aMachine } from '../actors/machine.js';
import { observe } from '@vfleet/host-agent/domain/observe';
import { NO_NAMES } from '@vfleet/host-agent/names';
import type { StoredEvent } from '../store/tables.js';
import { compareMemory, isCaughtUp } from './memory-check.js';
import { compareRows } from './rows-check.js';

const AT = '2026-01-01T00:00:00.000Z';

const discoveries = (): readonly StoredEvent[] =>
  observe('h1', aMachine('h1').scan(), [], NO_NAMES).map(({ observation }, index) => ({
    position: index + 1,
    stream: 'host-h1',
    version: index + 1,
    id: `event-${index + 1}`,
    type: 'DeviceDiscovered',
    data: {
      hostId: 'h1',
      deviceId: observation.deviceId,
      device: observation,
      observed: { epoch: '019b7c01-0000-7000-8000-000000000000', sequence: index + 1, observedAt: AT },
    },
    meta: { source: 'allocator' },
    recordedAt: new Date(AT),
  }));

const complaintsOf = async (work: (complain: (promise: string, what: string) => void) => unknown): Promise<readonly string[]> => {
  const complaints: string[] = [];
  await work((promise, what) => complaints.push(`${promise}: ${what}`));
  return complaints;
};

describe('what compares with the log', () => {
  it('has nothing to say of rows that are what the log comes to', async () => {
    const rows = await projectedAnew(discoveries());
    expect(rows.size).toBeGreaterThan(7);
    expect(await complaintsOf((complain) => compareRows(rows, discoveries(), complain))).toEqual([]);
  });

  it('names I8 for a row that is another one, one that is missing, and one too many', async () => {
    const rows = new Map(await projectedAnew(discoveries()));
    const [changed = '', missing = ''] = [...rows.keys()].filter((key) => key.startsWith('device '));
    rows.set(changed, { changed: true });
    rows.delete(missing);
    rows.set('device nobody', {});
    const complaints = await complaintsOf((complain) => compareRows(rows, discoveries(), complain));
    expect(complaints.map((text) => text.split(' is not')[0]).sort()).toEqual(
      [changed, missing, 'device nobody'].map((key) => `I8: row ${key}`).sort(),
    );
  });

  it('names I8 where the allocator knows a host otherwise', async () => {
    const memory = new FleetMemory();
    const events = discoveries();
    for (const { stream, version, type, data } of events) memory.apply(stream, version, { type, data });
    memory.commit();
    expect(isCaughtUp(memory, new Map([['host-h1', events.length]]))).toBe(true);
    expect(await complaintsOf((complain) => compareMemory(memory, events, complain))).toEqual([]);
    expect(await complaintsOf((complain) => compareMemory(new FleetMemory(), events, complain))).toEqual([
      'I8: the allocator knows h1 otherwise than the log',
    ]);
  });

  it('waits for a memory that has not heard of every event', () => {
    expect(isCaughtUp(new FleetMemory(), new Map([['host-h1', 1]]))).toBe(false);
    expect(isCaughtUp(new FleetMemory(), new Map([['migration-m1', 1]]))).toBe(true);
  });
});
