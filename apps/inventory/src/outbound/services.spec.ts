import { describe, expect, it } from '@jest/globals';
import { readReport } from './services.js';

const stats = { type: 'io.nats.micro.v1.stats_response', name: 'vfleet-allocator', id: 'x1', version: '0.1.0' };
const read = (value: unknown) => readReport(typeof value === 'string' ? value : JSON.stringify(value));

describe('what a service says of itself', () => {
  it('is its name, its version, its role and how far it has read', () => {
    const endpoints = [{ subject: 'vfleet.api.vms.report', data: { role: 'standby', position: 12 } }];
    expect(read({ ...stats, endpoints })).toEqual({ name: 'vfleet-allocator', id: 'x1', version: '0.1.0', role: 'standby', position: 12 });
  });

  it('is how long a seal is overdue, where it seals', () => {
    const sealing = (sealOverdueSeconds: unknown) => read({ ...stats, endpoints: [{ data: { role: 'active', sealOverdueSeconds } }] });
    expect(sealing(61)).toMatchObject({ sealOverdueSeconds: 61 });
    expect(sealing('long')).not.toHaveProperty('sealOverdueSeconds');
  });

  it('is active where it says nothing about that', () => {
    expect(read({ ...stats, endpoints: [] })).toEqual({ name: 'vfleet-allocator', id: 'x1', version: '0.1.0', role: 'active' });
    expect(read({ ...stats, endpoints: [{ data: { role: 7, position: 'far' } }] })).toEqual({
      name: 'vfleet-allocator',
      id: 'x1',
      version: '0.1.0',
      role: 'active',
    });
  });

  it('is that it stands by, for the service that it names', () => {
    const standby = { ...stats, name: 'vfleet-allocator-standby', endpoints: [], metadata: { role: 'standby', service: 'vfleet-allocator' } };
    expect(read(standby)).toEqual({ name: 'vfleet-allocator', id: 'x1', version: '0.1.0', role: 'standby' });
  });

  it.each([
    ['another product', { ...stats, name: 'billing' }],
    ['no service', { id: 1 }],
    ['no JSON', 'oops'],
    ['null', null],
  ])('is passed over from %s', (_, value) => {
    expect(read(value)).toBeUndefined();
  });
});
