import { describe, expect, it } from '@jest/globals';
import { parseWish, type WrittenWish } from './wish.js';

const wish = (written: Partial<WrittenWish>): unknown => parseWish({ devices: '', offering: '', numaNodes: '', tenant: '', ...written });

describe('a wish', () => {
  it('is a device’s name, or several', () => {
    expect(wish({ devices: ' 10GE,10GE,GPU ' })).toEqual({ wish: { devices: [{ device: '10GE,10GE,GPU' }] } });
  });

  it('may be written as requests', () => {
    expect(wish({ devices: '[{"device":"10GE","count":2}]' })).toEqual({ wish: { devices: [{ device: '10GE', count: 2 }] } });
    expect(wish({ devices: '{"match":{"kind":"usb"}}' })).toEqual({ wish: { devices: [{ match: { kind: 'usb' } }] } });
  });

  it('has an offering, NUMA nodes and a tenant, where these are said', () => {
    expect(wish({ offering: 'net-heavy', numaNodes: '0, 1', tenant: 'acme' })).toEqual({
      wish: { offering: 'net-heavy', numaNodes: [0, 1], tenant: 'acme' },
    });
  });

  it('that says nothing, or cannot be read, is told so', () => {
    expect(wish({})).toEqual({ fault: 'Say a device’s name, requests, or an offering' });
    expect(wish({ devices: '[{' })).toMatchObject({ fault: expect.stringContaining('no JSON') });
    expect(wish({ devices: '10GE', numaNodes: 'zero' })).toMatchObject({ fault: expect.stringContaining('numbers') });
  });
});
