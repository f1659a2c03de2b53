import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { aDevice, aHost, aWish, chosen, refused } from './testing.js';

const device = (bus: string, name: string, over: Partial<DeviceObservation> = {}): DeviceObservation =>
  aDevice({ address: `0000:${bus}:00.0`, name, ...over });
const buses = (devices: readonly DeviceObservation[], ...requests: DeviceRequest[]): readonly string[] =>
  chosen(aHost(devices), aWish(requests)).map((text) => text.slice(5, 7));

describe('a request with alternatives', () => {
  const either: DeviceRequest = { firstAvailable: [{ device: 'fast' }, { device: 'slow', count: 2 }] };
  const slow = [device('05', 'slow'), device('06', 'slow')];

  it('is served by the first that fits', () => {
    expect(buses([device('0a', 'fast'), ...slow], either)).toEqual(['0a']);
    expect(buses(slow, either)).toEqual(['05', '06']);
  });

  it('is served by a later one where another request needs what the first would take', () => {
    expect(buses([device('0a', 'fast'), ...slow], either, { device: 'fast' })).toEqual(['05', '06', '0a']);
  });

  it('has the choice before the requests behind it', () => {
    const other: DeviceRequest = { name: 'other', ...either };
    const host = [device('0a', 'fast'), ...slow];
    expect(chosen(aHost(host), aWish([{ name: 'one', ...either }, other]))).toEqual(['0000:05:00.0 other', '0000:06:00.0 other', '0000:0a:00.0 one']);
  });

  it('is named after the first, whichever serves it', () => {
    expect(chosen(aHost(slow), aWish([either]))).toEqual(['0000:05:00.0 fast-0', '0000:06:00.0 fast-0']);
  });

  it('says for each what the entry does not say itself, and narrows all by its where', () => {
    const request: DeviceRequest = {
      firstAvailable: [{ device: 'slow', count: 1 }, { device: 'slow' }],
      count: 2,
      where: 'numaNode == 1',
      keepOnStop: true,
    };
    const [ask] = aWish([request]).asks;
    expect(ask?.alternatives.map(({ count, keepOnStop }) => [count, keepOnStop])).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(ask?.alternatives.every(({ accepts }) => accepts({ name: 'slow', numaNode: 1 }) && !accepts({ name: 'slow', numaNode: 0 }))).toBe(true);
  });

  it('is refused with what the alternative lacks that is nearest to being served', () => {
    expect(
      refused(
        aHost([device('05', 'slow')]),
        aWish([
          {
            firstAvailable: [
              { device: 'fast', count: 2 },
              { device: 'slow', count: 2 },
            ],
          },
        ]),
      ),
    ).toEqual([{ requestName: 'fast-0', asked: 2, matched: 1, free: 1, reasons: [{ code: 'NO_MATCH', count: 1, example: '1 of 2 match' }] }]);
  });

  it('is served by an alternative with other conditions on its devices', () => {
    const host = [device('01', 'fast', { numaNode: 0 }), device('02', 'fast', { numaNode: 0 })];
    expect(
      buses(host, {
        firstAvailable: [
          { device: 'fast', count: 2, apart: ['numaNode', 'kind'] },
          { device: 'fast', count: 2 },
        ],
      }),
    ).toEqual(['01', '02']);
  });

  it('may ask for all in one of them', () => {
    const request: DeviceRequest = { firstAvailable: [{ device: 'fast', count: 'all' }, { device: 'slow' }] };
    expect(buses([device('01', 'fast'), device('02', 'fast'), ...slow], request)).toEqual(['01', '02']);
    const host = aHost([device('01', 'fast'), device('02', 'fast'), ...slow], { heldBy: { '0000:01:00.0': 'vm-2' } });
    expect(chosen(host, aWish([request]))).toEqual(['0000:05:00.0 fast-0']);
  });
});

describe('where it matters on which port or network a device is', () => {
  const placementOf = (request: DeviceRequest, aliases = {}): unknown => aWish([request], {}, { aliases }).asks[0]?.alternatives[0]?.placement;

  it('a request says so by a match that names a network or a PF', () => {
    expect(placementOf({ match: { physicalNetwork: 'blue' } })).toBe('port');
    expect(placementOf({ device: 'x', match: { pf: 'ens1f0' } })).toBe('port');
    expect(placementOf({ alias: 'blue' }, { blue: { match: { physicalNetwork: 'blue' } } })).toBe('port');
  });

  it('any other request leaves it open', () => {
    expect(placementOf({ device: 'x', match: { numaNode: 0 } })).toBe('any');
  });

  it('what it says itself counts more', () => {
    expect(placementOf({ match: { pf: 'ens1f0' }, placement: 'same-address' })).toBe('same-address');
  });
});
