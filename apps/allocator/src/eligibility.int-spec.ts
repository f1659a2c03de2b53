import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, online } from './testing/given.js';
import { runningAllocator } from './testing/running-allocator.js';

const gpu = aDevice('h1', '0000:41:00.0', { class: '030200', name: 'GPU', iommuGroup: 1 });
const serial = aDevice('h1', '0000:42:00.0', { class: '070002', name: 'SERIAL', iommuGroup: 2 });
const DEFAULTS = [
  { class: '05', reason: 'memory controller' },
  { class: '06', reason: 'bridge' },
  { class: '07', reason: 'communication controller' },
  { class: '08', reason: 'system peripheral' },
];

let allocator: Awaited<ReturnType<typeof runningAllocator>>;

beforeAll(async () => {
  allocator = await runningAllocator([online('h1'), ...discovered('h1', gpu, serial)]);
});

afterAll(() => allocator.close());

const candidates = async (device: string): Promise<unknown> => {
  const { items, rejected } = await allocator.ok('candidates.list', { devices: [{ device }] });
  return items.length > 0 ? items.map(({ hostId }) => hostId) : rejected.reasons;
};

describe('eligibility', () => {
  it('is what the defaults say, until an operator says otherwise', async () => {
    expect(await allocator.ok('eligibility.get')).toEqual({ excludedClasses: DEFAULTS });
    expect([await candidates('GPU'), await candidates('SERIAL')]).toEqual([['h1'], [{ code: 'CLASS_EXCLUDED', hosts: 1 }]]);
  });

  it('changes for every request and every candidate as soon as the answer is there', async () => {
    const excludedClasses = [
      { class: '0302', reason: 'GPU' },
      { class: '06', reason: 'bridge' },
    ];
    expect(await allocator.ok('eligibility.put', { excludedClasses: [...excludedClasses].reverse() })).toEqual({ excludedClasses });
    expect(await allocator.ok('eligibility.get')).toEqual({ excludedClasses });
    expect([await candidates('GPU'), await candidates('SERIAL')]).toEqual([[{ code: 'CLASS_EXCLUDED', hosts: 1 }], ['h1']]);
    expect(await allocator.refusal('reservations.reserve', { vmId: 'vm-1', hostId: 'h1', devices: [{ device: 'GPU' }] })).toMatchObject({
      status: 422,
      code: 'UNSATISFIABLE',
      details: { unmet: [{ reasons: [{ code: 'CLASS_EXCLUDED' }] }] },
    });
    expect(await allocator.ok('reservations.reserve', { vmId: 'vm-1', hostId: 'h1', devices: [{ device: 'SERIAL' }] })).toMatchObject({
      devices: [{ address: serial.address }],
    });
  });

  it('is one event, and none where nothing changes', async () => {
    const before = await allocator.journal.head();
    await allocator.ok('eligibility.put', { excludedClasses: DEFAULTS });
    await allocator.ok('eligibility.put', { excludedClasses: DEFAULTS });
    const [event, another] = await allocator.journal.read(before, 10);
    expect(event).toMatchObject({ type: 'EligibilityPut', stream: 'catalog-eligibility-excluded-classes', data: { excludedClasses: DEFAULTS } });
    expect(another).toBeUndefined();
  });

  it.each<[string, object, readonly string[]]>([
    ['no list', {}, ['excludedClasses']],
    ['no digits', { excludedClasses: [{ class: '06' }, { class: 'xyz' }, { class: '6' }] }, ['excludedClasses[1].class', 'excludedClasses[2].class']],
    ['one class twice', { excludedClasses: [{ class: '0C03' }, { class: '06' }, { class: '0c03' }] }, ['excludedClasses[2].class']],
    ['no bridges', { excludedClasses: [] }, ['excludedClasses']],
    ['an unknown field', { excludedClasses: [{ class: '06', code: 1 }] }, ['excludedClasses[0].code']],
  ])('is refused with the names of its fields: %s', async (_, body, fields) => {
    const { status, code, details } = await allocator.refusal('eligibility.put', body);
    expect([status, code]).toEqual([400, 'INVALID_REQUEST']);
    expect((details as readonly { readonly field: string }[]).map(({ field }) => field)).toEqual(fields);
  });
});
