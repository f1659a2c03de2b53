import { describe, expect, it } from '@jest/globals';
import { METRICS } from './catalogue.js';
import type { Definition } from './definition.js';

const all = Object.entries(METRICS) as [string, Definition][];
/** Of one thing each, of which there may be any number: Prometheus keeps every value for ever. */
const UNBOUNDED = ['vmId', 'vm', 'device', 'deviceId', 'address', 'migrationId', 'reservationId', 'tenant'];
const BASE_UNITS = /_(seconds|bytes|ratio)$/;

describe('the catalogue of metrics', () => {
  it.each(all)('names %s as Prometheus’ conventions want it', (name, { type, unit, labels = [] }) => {
    expect(name).toMatch(/^vfleet_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb)(_|$)/);
    expect(unit === 'seconds').toBe(BASE_UNITS.test(name));
    for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
  });

  it.each(all)('has no label in %s that takes any number of values', (_, { type, labels = [] }) => {
    for (const label of labels) expect(UNBOUNDED).not.toContain(label);
    if (type !== 'gauge') expect(labels).not.toContain('host');
  });

  it('has buckets that rise, in histograms alone', () => {
    for (const [name, { type, buckets }] of all) {
      expect([name, buckets !== undefined]).toEqual([name, type === 'histogram']);
      expect([...(buckets ?? [])]).toEqual([...(buckets ?? [])].sort((a, b) => a - b));
    }
  });
});
