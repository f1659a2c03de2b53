import { describe, expect, it } from '@jest/globals';
import { aLog, at, observation, T0 } from '../../spec/events.js';
import { NO_DEVICES, applyToHost, moveDevice, shownState, type HostRow } from './host.js';
import type { KnownEvent } from './known-event.js';

const fold = (...events: readonly KnownEvent[]): HostRow | null => events.reduce<HostRow | null>((row, event) => applyToHost(row, event), null);

describe('the row of a host', () => {
  it('begins when the host introduces itself, not before', () => {
    const log = aLog();
    expect(fold(log.discovered('h1', observation('h1', '0000:28:00.1')), log.stale('h1'))).toBeNull();
    expect(fold(log.online('h1', { labels: { zone: 'a' } }))).toMatchObject({
      state: 'online',
      firstSeenAt: at(3),
      description: { labels: { zone: 'a' } },
    });
  });

  it('goes stale, recovers and goes offline', () => {
    const log = aLog();
    const online = log.online('h1');
    expect(fold(online, log.stale('h1'))).toMatchObject({ state: 'stale', lastSeenAt: T0 });
    expect(fold(online, log.stale('h1'), log.recovered('h1'))?.state).toBe('online');
    expect(fold(online, log.offline('h1'))?.state).toBe('offline');
  });

  it('keeps its first day when it introduces itself again', () => {
    const log = aLog();
    expect(fold(log.online('h1'), log.offline('h1'), log.online('h1', { kernel: '6.1' }))).toMatchObject({
      state: 'online',
      firstSeenAt: at(1),
      lastSeenAt: at(3),
    });
  });
});

describe('a host that is emptied', () => {
  const shown = (...events: readonly KnownEvent[]): string => shownState(fold(...events) as HostRow);

  it('is draining until somebody takes that back, and over its restarts', () => {
    const log = aLog();
    const draining = [log.online('h1'), log.draining('h1')];
    expect(shown(...draining)).toBe('draining');
    expect(shown(...draining, log.online('h1'))).toBe('draining');
    expect(shown(...draining, log.undrained('h1'))).toBe('online');
  });

  it('is stale or offline before all else', () => {
    const log = aLog();
    const draining = [log.online('h1'), log.draining('h1')];
    expect(shown(...draining, log.stale('h1'))).toBe('stale');
    expect(shown(...draining, log.offline('h1'))).toBe('offline');
    expect(shown(...draining, log.stale('h1'), log.recovered('h1'))).toBe('draining');
  });

  it('is not known before it has introduced itself', () => {
    expect(fold(aLog().draining('h1'))).toBeNull();
  });
});

describe('the counts of a host', () => {
  it('have every device that is not removed in one bucket', () => {
    const states = ['available', 'held', 'releasing', 'ineligible', 'missing', 'removed'] as const;
    const counts = states.reduce((all, state) => moveDevice(all, undefined, state), NO_DEVICES);
    expect(counts).toEqual({ total: 5, free: 1, held: 2, ineligible: 1, missing: 1 });
  });

  it('follow a device from one state to the next', () => {
    const free = moveDevice(NO_DEVICES, undefined, 'available');
    const held = moveDevice(free, 'available', 'held');
    expect(held).toEqual({ ...NO_DEVICES, total: 1, held: 1 });
    expect(moveDevice(held, 'held', 'removed')).toEqual(NO_DEVICES);
    expect(moveDevice(NO_DEVICES, 'removed', 'available')).toEqual(free);
  });
});
