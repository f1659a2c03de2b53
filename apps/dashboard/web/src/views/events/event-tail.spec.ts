import { describe, expect, it } from '@jest/globals';
import { EMPTY_TAIL, MOST, toTailed, withLoss, withNews, type TailedEvent } from './event-tail.js';

const event = (position: number): TailedEvent =>
  toTailed({
    specversion: '1.0',
    id: `id-${position}`,
    source: '/vfleet/allocator',
    type: 'io.vfleet.DevicesReserved.v1',
    subject: 'host-h1',
    time: '2026-11-20T10:00:00Z',
    datacontenttype: 'application/json',
    data: { hostId: 'h1', vmId: 'vm-1' },
    position: String(position),
    version: 1,
  });

describe('the tail of the events', () => {
  it('has the newest on top, by the names of the contract', () => {
    const { events } = withNews(withNews(EMPTY_TAIL, [event(1), event(2)], false), [event(3)], false);
    expect(events.map(({ position, type, hostId, vmId }) => [position, type, hostId, vmId])).toEqual([
      ['3', 'DevicesReserved', 'h1', 'vm-1'],
      ['2', 'DevicesReserved', 'h1', 'vm-1'],
      ['1', 'DevicesReserved', 'h1', 'vm-1'],
    ]);
  });

  it('keeps so many and counts the rest', () => {
    const tail = withNews(
      EMPTY_TAIL,
      Array.from({ length: MOST + 20 }, (_, n) => event(n + 1)),
      false,
    );
    expect([tail.events.length, tail.seen, tail.events[0]?.position]).toEqual([MOST, MOST + 20, String(MOST + 20)]);
  });

  it('stands still while it is paused, says how many wait, and shows them when it goes on', () => {
    const paused = withNews(withNews(EMPTY_TAIL, [event(1)], false), [event(2), event(3)], true);
    expect([paused.events.map(({ position }) => position), paused.waiting]).toEqual([['1'], 2]);
    const on = withNews(paused, [], false);
    expect([on.events.map(({ position }) => position), on.waiting, on.seen]).toEqual([['3', '2', '1'], 0, 3]);
  });

  it('knows how many it does not get', () => {
    const tail = withLoss(withLoss(EMPTY_TAIL, 'skipped', '{"from":1,"to":9,"events":9}'), 'skipped', '{"from":20,"to":20,"events":1}');
    expect([tail.skipped, tail.gap]).toEqual([10, false]);
    expect(withLoss(tail, 'gap', '{}').gap).toBe(true);
    expect(withLoss(tail, 'position', '{"position":3}')).toBe(tail);
  });
});
