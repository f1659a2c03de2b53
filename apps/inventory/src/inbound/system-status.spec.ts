import { describe, expect, it } from '@jest/globals';
import type { ServiceReport } from '../outbound/services.js';
import { judgeSystem, unreadPositions, type Readings } from './system-status.js';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const service = (name: string, more: Partial<ServiceReport> = {}): ServiceReport => ({
  name,
  id: `${name}-1`,
  version: '0.1.0',
  role: 'active',
  ...more,
});
const status = (more: Partial<Readings> = {}) =>
  judgeSystem({
    services: [service('vfleet-allocator'), service('vfleet-inventory', { position: 100 })],
    journalPosition: 100,
    streamSequence: 100,
    now: NOW,
    recordedAt: new Map(),
    ...more,
  });
const problems = (more: Partial<Readings>): readonly string[] => status(more).problems.map(({ code }) => code);

describe('the status of the system', () => {
  it('is healthy when an allocator decides and everybody has read everything', () => {
    expect(status()).toMatchObject({ healthy: true, problems: [], journalPosition: 100, streamSequence: 100 });
  });

  it('says how far each reader is behind, in events and in the age of the oldest one', () => {
    const services = [service('vfleet-allocator'), service('vfleet-inventory', { position: 90 })];
    const { services: shown, healthy } = status({ services, recordedAt: new Map([[91, NOW - 3_900]]) });
    expect(shown[1]).toMatchObject({ position: 90, lagEvents: 10, lagSeconds: 3 });
    expect(shown[0]).not.toHaveProperty('lagEvents');
    expect(healthy).toBe(true);
  });

  it('has a problem when a reader is late', () => {
    const services = [service('vfleet-allocator'), service('vfleet-inventory', { position: 90 })];
    expect(problems({ services, recordedAt: new Map([[91, NOW - 5_000]]) })).toEqual(['PROJECTION_LAGS']);
  });

  it('has a problem when no allocator decides, one that stands by included', () => {
    expect(problems({ services: [service('vfleet-inventory')] })).toEqual(['NO_ALLOCATOR']);
    expect(problems({ services: [service('vfleet-allocator', { role: 'standby' })] })).toEqual(['NO_ALLOCATOR']);
  });

  it('has a problem when the stream is away, late, or ahead of the journal', () => {
    expect(problems({ streamSequence: null })).toEqual(['STREAM_AWAY']);
    expect(problems({ streamSequence: 99, recordedAt: new Map([[100, NOW - 1_000]]) })).toEqual([]);
    expect(problems({ streamSequence: 99, recordedAt: new Map([[100, NOW - 9_000]]) })).toEqual(['STREAM_LAGS']);
    expect(problems({ streamSequence: 101 })).toEqual(['STREAM_AHEAD']);
  });

  it('has a problem when the journal is not sealed that should be', () => {
    const sealing = (sealOverdueSeconds: number): Partial<Readings> => ({ services: [service('vfleet-allocator', { sealOverdueSeconds })] });
    expect(problems(sealing(59))).toEqual([]);
    expect(problems(sealing(60))).toEqual(['SEAL_OVERDUE']);
    expect(status(sealing(0)).services[0]).toMatchObject({ sealOverdueSeconds: 0 });
  });

  it('asks for the time of the first event that each reader has not read', () => {
    const services = [service('vfleet-inventory', { position: 90 }), service('vfleet-dashboard', { position: 100 }), service('vfleet-migrator')];
    expect(unreadPositions({ services, journalPosition: 100, streamSequence: 90 })).toEqual([91]);
    expect(unreadPositions({ services, journalPosition: 100, streamSequence: null })).toEqual([91]);
  });
});
