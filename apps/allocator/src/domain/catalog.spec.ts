import { describe, expect, it } from '@jest/globals';
import type { Alias, DomainEvent, Model, Offering } from '@vfleet/contracts';
import { BUILT_IN_DEVICE_TYPES } from '@vfleet/pci';
import { aDevice } from '@vfleet/testing';
import { discovered, fleetOf, given, names, online, only } from '../testing/given.js';
import { EMPTY_CATALOG, toCatalog, type CatalogEvent } from './catalog.js';
import { evolveCatalog } from './catalog.evolve.js';
import type { Command } from './decide.js';
import { streamOf, type Decision } from './decision.js';

const alias: Alias = { name: 'fast-gpu', request: { match: { class: '0302' }, count: 2 } };
const offering: Offering = { name: 'net-heavy', devices: [{ device: '10GE', count: 2 }], keepOnStop: true };
const model: Model = { model: 'H100', deviceType: 'accelerator', vendorId: '10de', productId: '2330' };
const aliasPut: DomainEvent = { type: 'AliasPut', data: alias };
const offeringPut: DomainEvent = { type: 'OfferingPut', data: offering };
const registered = (over: Partial<Model> = {}): DomainEvent => ({ type: 'ModelRegistered', data: { ...model, ...over } });
const register = (over: Partial<Model> = {}): Command => ({ type: 'RegisterModel', model: { ...model, ...over } });

const entryOf = ({ answer }: Decision): unknown => (answer.kind === 'catalog' ? answer.entry : answer);
const refusalOf = ({ answer, events }: Decision) => ({
  ...(answer as { refusal: { code: string; details?: unknown } }).refusal,
  kind: answer.kind,
  events,
});

describe.each([
  [
    'an alias',
    { type: 'PutAlias', alias } as Command,
    { type: 'RemoveAlias', name: ' fast-gpu ' } as Command,
    aliasPut,
    'AliasRemoved',
    'ALIAS_NOT_FOUND',
  ],
  [
    'an offering',
    { type: 'PutOffering', offering } as Command,
    { type: 'RemoveOffering', name: 'net-heavy' } as Command,
    offeringPut,
    'OfferingRemoved',
    'OFFERING_NOT_FOUND',
  ],
] as const)('%s', (_, put, remove, event, gone, notFound) => {
  it('is stored under its name', () => {
    const decision = given().when(put);
    expect([decision.events, entryOf(decision)]).toEqual([[event], event.data]);
  });

  it('that is stored already is stored no second time, and answered alike', () => {
    const decision = given(event).when(put);
    expect([decision.events, entryOf(decision)]).toEqual([[], event.data]);
  });

  it('takes the place of another one of the same name', () => {
    const changed = {
      ...event,
      data: { ...event.data, ...('request' in event.data ? { request: { device: 'GPU' } } : { devices: [] }) },
    } as DomainEvent;
    expect(names(given(changed).when(put))).toEqual([event.type]);
  });

  it('is taken away by its name, and answered once more', () => {
    const decision = given(event).when(remove);
    expect([names(decision), entryOf(decision)]).toEqual([[gone], event.data]);
    expect(names(given(event).whenAll(remove, put))).toEqual([event.type]);
  });

  it('that is not there cannot be taken away', () => {
    expect(refusalOf(given().when(remove))).toMatchObject({ kind: 'missing', code: notFound, events: [] });
    expect(refusalOf(given(event).whenAll(remove, remove))).toMatchObject({ kind: 'missing', code: notFound });
  });
});

describe('a name in the catalogue', () => {
  it('is kept without the blanks around it', () => {
    expect(only(given().when({ type: 'PutAlias', alias: { ...alias, name: '  fast gpu\t' } }), 'AliasPut').name).toBe('fast gpu');
    expect(only(given().when({ type: 'PutOffering', offering: { ...offering, name: ' x ' } }), 'OfferingPut').name).toBe('x');
  });

  it('is refused when nothing else is left', () => {
    for (const command of [
      { type: 'PutAlias', alias: { ...alias, name: '   ' } },
      { type: 'PutOffering', offering: { ...offering, name: '' } },
    ] as const)
      expect(refusalOf(given().when(command))).toMatchObject({
        code: 'INVALID_REQUEST',
        details: [{ field: 'name', message: 'says nothing' }],
        events: [],
      });
  });

  it('has a stream of its own, for each kind of entry', () => {
    const events: readonly CatalogEvent[] = [
      aliasPut as CatalogEvent,
      offeringPut as CatalogEvent,
      registered() as CatalogEvent,
      { type: 'ModelRemoved', data: { model: 'H100' } },
      { type: 'QuotaPut', data: { name: 'acme-0123abcd', tenant: 'acme', match: { class: '0302' }, limit: 4 } },
      { type: 'QuotaRemoved', data: { name: 'acme-0123abcd' } },
    ];
    expect(events.map(streamOf)).toEqual([
      'catalog-alias-fast-gpu',
      'catalog-offering-net-heavy',
      'catalog-model-H100',
      'catalog-model-H100',
      'catalog-quota-acme-0123abcd',
      'catalog-quota-acme-0123abcd',
    ]);
  });
});

describe('a model', () => {
  it('is registered with trimmed names and lower-case ids', () => {
    const decision = given().when(register({ model: ' H100 ', deviceType: ' accelerator', vendorId: '10DE' }));
    expect([decision.events, entryOf(decision)]).toEqual([[registered()], model]);
  });

  it.each(BUILT_IN_DEVICE_TYPES)('cannot have the built-in device type %s, in any letter case [cloudpods-01]', (deviceType) => {
    for (const spelt of [deviceType, deviceType.toLowerCase(), ` ${deviceType} `])
      expect(refusalOf(given().when(register({ deviceType: spelt })))).toMatchObject({ kind: 'conflict', code: 'RESERVED_TYPE', events: [] });
  });

  it.each(['model', 'deviceType', 'vendorId', 'productId'])('is refused with an empty %s [cloudstack-04]', (field) => {
    for (const nothing of ['', ' '])
      expect(refusalOf(given().when(register({ [field]: nothing })))).toMatchObject({ code: 'INVALID_REQUEST', details: [{ field }], events: [] });
  });

  it('is refused with every field that is wrong', () => {
    const refusal = refusalOf(given().when(register({ model: ' ', deviceType: '', vendorId: '0x10', productId: 'zzzz' })));
    expect(refusal).toMatchObject({ kind: 'refused', code: 'INVALID_REQUEST', events: [] });
    expect((refusal.details as readonly { field: string }[]).map(({ field }) => field)).toEqual(['model', 'deviceType', 'vendorId', 'productId']);
  });

  it('is registered once, whatever its second registration says', () => {
    for (const over of [{}, { vendorId: '1002' }])
      expect(refusalOf(given(registered()).when(register(over)))).toMatchObject({ kind: 'conflict', code: 'ALREADY_EXISTS', events: [] });
  });

  it.each<[string, Partial<Model>, Partial<Model>]>([
    ['both cover all hosts', {}, {}],
    ['the new one covers all hosts', { hostIds: ['h1'] }, {}],
    ['the old one covers all hosts', {}, { hostIds: ['h1'] }],
    ['they have a host in common', { hostIds: ['h1', 'h2'] }, { hostIds: ['h3', 'h2'] }],
  ])('cannot be that of a vendor and product that another has: %s [cloudpods-07]', (_, old, next) => {
    const refusal = refusalOf(given(registered(old)).when(register({ ...next, model: 'H100-copy' })));
    expect(refusal).toMatchObject({ kind: 'conflict', code: 'ALREADY_EXISTS', details: { model: { model: 'H100' } }, events: [] });
  });

  it('can have a vendor and product again on other hosts', () => {
    expect(names(given(registered({ hostIds: ['h1'] })).when(register({ model: 'H100-b', hostIds: ['h2'] })))).toEqual(['ModelRegistered']);
  });

  it('frees its name and its vendor and product when it is taken away', () => {
    const gone: DomainEvent = { type: 'ModelRemoved', data: { model: 'H100' } };
    expect(names(given(registered(), gone).when(register()))).toEqual(['ModelRegistered']);
    expect(refusalOf(given(registered(), gone).when({ type: 'RemoveModel', model: 'H100' }))).toMatchObject({
      kind: 'missing',
      code: 'MODEL_NOT_FOUND',
    });
  });
});

describe('taking a model away', () => {
  const remove: Command = { type: 'RemoveModel', model: ' H100 ' };
  const cards = Array.from({ length: 25 }, (_, slot) =>
    aDevice('h1', `0000:${(slot + 16).toString(16)}:00.0`, { vendorId: '10de', productId: '2330' }),
  );
  const [card] = cards as [(typeof cards)[number]];
  const nic = aDevice('h1', '0000:05:00.0');
  const hold = (hostId: string, vmId: string, devices: readonly (typeof card)[]): DomainEvent => ({
    type: 'DevicesReserved',
    data: {
      vmId,
      hostId,
      reservationId: 'r-1',
      devices: devices.map(({ deviceId, address }) => ({ deviceId, address, requestName: 'gpu' })),
      requests: [],
      reservedAt: '2026-11-20T10:00:00.000Z',
    },
  });
  const fleet = [registered(), online('h1'), discovered('h1', ...cards, nic)];

  it('is done while none of its devices is held', () => {
    const decision = given(...fleet, hold('h1', 'vm-1', [nic])).when(remove);
    expect([names(decision), entryOf(decision)]).toEqual([['ModelRemoved'], model]);
  });

  it('is refused while one is held, and says where and by whom', () => {
    const refusal = refusalOf(given(...fleet, hold('h1', 'vm-1', [nic, card])).when(remove));
    expect(refusal).toMatchObject({
      kind: 'conflict',
      code: 'MODEL_IN_USE',
      details: { held: 1, devices: [{ hostId: 'h1', deviceId: card.deviceId, address: card.address, vmId: 'vm-1' }] },
      events: [],
    });
  });

  it('is refused while one is on its way back', () => {
    const { reservedAt: _, requests: __, ...data } = hold('h1', 'vm-1', [card]).data as Extract<DomainEvent, { type: 'DevicesReserved' }>['data'];
    const pending: DomainEvent = { type: 'ReleasePending', data: { ...data, cause: 'stopped' } };
    expect(refusalOf(given(...fleet, hold('h1', 'vm-1', [card]), pending).when(remove)).code).toBe('MODEL_IN_USE');
  });

  it('counts every held device and names the first of them', () => {
    const { details } = refusalOf(given(...fleet, hold('h1', 'vm-1', cards)).when(remove));
    expect(details).toMatchObject({ held: 25 });
    expect((details as { devices: readonly object[] }).devices).toHaveLength(20);
  });

  it('does not mind a held device on a host that the model does not cover', () => {
    const elsewhere = [registered({ hostIds: ['h2'] }), online('h1'), discovered('h1', card), hold('h1', 'vm-1', [card])];
    expect(names(given(...elsewhere).when(remove))).toEqual(['ModelRemoved']);
  });
});

describe('the catalogue', () => {
  it('shows requests what they may name', () => {
    const catalog = toCatalog(fleetOf([aliasPut, offeringPut, registered()]).catalog());
    expect([catalog.alias('fast-gpu'), catalog.offering('net-heavy'), catalog.hasModel('H100')]).toEqual([alias.request, offering, true]);
    expect([catalog.alias('net-heavy'), catalog.offering('fast-gpu'), catalog.hasModel('A100')]).toEqual([undefined, undefined, false]);
  });

  it('knows of which model a device is as long as the model is registered', () => {
    const card = { vendorId: '10de', productId: '2330' };
    const gone: DomainEvent = { type: 'ModelRemoved', data: { model: 'H100' } };
    expect(fleetOf([registered()]).catalog().rules.modelOf('h1', card)?.model).toBe('H100');
    expect(fleetOf([registered(), gone]).catalog().rules.modelOf('h1', card)).toBeUndefined();
  });

  it('is not changed by what is decided until that is committed', () => {
    const fleet = fleetOf([aliasPut]);
    fleet.apply('catalog-alias-other', 1, { type: 'AliasPut', data: { ...alias, name: 'other' } });
    fleet.apply('catalog-alias-fast-gpu', 2, { type: 'AliasRemoved', data: { name: 'fast-gpu' } });
    fleet.rollback();
    expect([...fleet.catalog().aliases.keys()]).toEqual(['fast-gpu']);
    expect(fleet.version('catalog-alias-fast-gpu')).toBe(1);
  });

  it('leaves the states that it was before as they were', () => {
    const one = evolveCatalog(EMPTY_CATALOG, aliasPut as CatalogEvent);
    evolveCatalog(one, { type: 'AliasRemoved', data: { name: 'fast-gpu' } });
    expect([[...EMPTY_CATALOG.aliases], [...one.aliases.keys()]]).toEqual([[], ['fast-gpu']]);
  });
});
