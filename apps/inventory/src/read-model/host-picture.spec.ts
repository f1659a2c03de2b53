import { describe, expect, it } from '@jest/globals';
import { BY_DEFAULT, topologyOf, type DeviceObservation, type RegisteredModel } from '@vfleet/pci';
import fc from 'fast-check';
import { aLog, observation, type Log } from '../../spec/events.js';
import { judge } from './device-verdict.js';
import { HostPicture, type LocalRules, type ShownDevice } from './host-picture.js';
import { moveDevice, NO_DEVICES, type HostRow } from './host.js';
import { subjectsOf, type KnownEvent } from './known-event.js';

/** What is stored of a host, as its changes are written. */
const stored = () => {
  const devices = new Map<string, ShownDevice>();
  let host: HostRow | null = null;
  return {
    devices,
    host: () => host,
    write: (picture: HostPicture): void => {
      const changes = picture.settle();
      for (const device of changes.devices) devices.set(device.deviceId, device);
      for (const { deviceId, traits, state, eligible, ineligible, holder } of changes.statuses)
        devices.set(deviceId, { ...(devices.get(deviceId) as ShownDevice), traits, state, eligible, ineligible, holder });
      host = changes.host ?? host;
    },
  };
};

const apply = (picture: HostPicture, event: KnownEvent): void => picture.apply(event, subjectsOf(event).deviceIds);

const show = (...events: readonly KnownEvent[]) => {
  const picture = new HostPicture(null, []);
  const rows = stored();
  for (const event of events) apply(picture, event);
  rows.write(picture);
  return { at: (address: string) => [...rows.devices.values()].find((row) => row.observation.address === address), counts: rows.host()?.counts };
};

const on = (modelOf: LocalRules['modelOf']): LocalRules => ({ modelOf, excludedClass: BY_DEFAULT });

const smartNics = ({ productId }: DeviceObservation): RegisteredModel | undefined =>
  productId === '10ca' ? { model: 'DPU', deviceType: 'smart-nic', vendorId: '8086', productId } : undefined;

const codes = (device: ShownDevice | undefined): readonly string[] => (device?.ineligible ?? []).map(({ code }) => code);

describe('a host with its devices', () => {
  it('shows a free device as available and a held one as held', () => {
    const log = aLog();
    const [a, b] = [observation('h1', '0000:28:00.1', { iommuGroup: 1 }), observation('h1', '0000:28:00.2', { iommuGroup: 2 })];
    const shown = show(log.online('h1'), log.discovered('h1', a), log.discovered('h1', b), log.reserved('h1', 'vm1', [a]));
    expect([shown.at(a.address)?.state, shown.at(b.address)?.state]).toEqual(['held', 'available']);
    expect(shown.counts).toEqual({ total: 2, free: 1, held: 1, ineligible: 0, missing: 0 });
  });

  it('makes a device ineligible when a later one spoils its IOMMU group', () => {
    const log = aLog();
    const [gpu, disk] = [
      observation('h1', '0000:01:00.0'),
      observation('h1', '0000:01:00.1', { driver: 'nvme', hostUse: [{ code: 'root-disk', detail: '/' }] }),
    ];
    const shown = show(log.online('h1'), log.discovered('h1', gpu), log.discovered('h1', disk));
    expect(shown.at(gpu.address)).toMatchObject({ state: 'ineligible', eligible: false });
    expect(codes(shown.at(gpu.address))).toEqual(['GROUP_NOT_VIABLE']);
  });

  it('makes every device ineligible while the host is silent', () => {
    const log = aLog();
    const device = observation('h1', '0000:28:00.1');
    const events = [log.online('h1'), log.discovered('h1', device), log.stale('h1')];
    expect(codes(show(...events).at(device.address))).toEqual(['HOST_STALE']);
    expect(codes(show(...events, log.recovered('h1')).at(device.address))).toEqual([]);
  });

  it('gives a VF the interface name, network and speed of its PF', () => {
    const log = aLog();
    const net = [{ ifname: 'ens1f0', mac: '02:00:00:00:00:01', linkType: 'ether', speedMbps: 10_000 }];
    const pf = observation('h1', '0000:03:00.0', { functionType: 'pf', totalVfs: 2, numVfs: 1, physicalNetwork: 'physnet1', net, iommuGroup: 1 });
    const vf = observation('h1', '0000:03:10.0', { functionType: 'vf', vfIndex: 0, parentDeviceId: pf.deviceId, iommuGroup: 2 });
    const shown = show(log.discovered('h1', vf), log.discovered('h1', pf));
    expect(shown.at(vf.address)?.traits).toEqual({
      deviceType: 'SRIOV-VF',
      pf: 'ens1f0',
      physicalNetwork: 'physnet1',
      linkType: 'ether',
      speedMbps: 10_000,
    });
    expect(codes(shown.at(pf.address))).toEqual(['VFS_ENABLED']);
  });

  it('makes devices of a registered model ineligible while the host takes no custom models', () => {
    const log = aLog();
    const [custom, other] = [
      observation('h1', '0000:28:00.1', { iommuGroup: 1 }),
      observation('h1', '0000:28:00.2', { productId: 'beef', iommuGroup: 2 }),
    ];
    const picture = new HostPicture(null, [], on(smartNics));
    const rows = stored();
    for (const event of [log.online('h1'), log.discovered('h1', custom), log.discovered('h1', other)]) apply(picture, event);
    rows.write(picture);
    const codesNow = () => [custom, other].map(({ deviceId }) => codes(rows.devices.get(deviceId)));
    expect(codesNow()).toEqual([[], []]);
    expect(rows.devices.get(custom.deviceId)?.traits).toMatchObject({ model: 'DPU', deviceType: 'smart-nic' });
    expect(rows.devices.get(other.deviceId)?.traits).toMatchObject({ deviceType: 'NIC' });
    apply(picture, log.online('h1', { customDevices: false }));
    rows.write(picture);
    expect(codesNow()).toEqual([['CUSTOM_DISABLED'], []]);
  });

  it('is judged anew when a model comes or goes', () => {
    const log = aLog();
    const device = observation('h1', '0000:28:00.1');
    let modelOf: typeof smartNics = () => undefined;
    const picture = new HostPicture(
      null,
      [],
      on((one) => modelOf(one)),
    );
    const rows = stored();
    const typeNow = () => {
      picture.judgeAnew();
      rows.write(picture);
      return rows.devices.get(device.deviceId)?.traits;
    };
    apply(picture, log.discovered('h1', device));
    expect(typeNow()?.deviceType).toBe('NIC');
    modelOf = smartNics;
    expect(typeNow()).toMatchObject({ model: 'DPU', deviceType: 'smart-nic' });
    modelOf = () => undefined;
    expect(typeNow()?.model).toBeUndefined();
  });

  it('says of a removed device only that it is removed, and counts it no more', () => {
    const log = aLog();
    const device = observation('h1', '0000:28:00.1');
    const shown = show(log.online('h1'), log.discovered('h1', device), log.removed('h1', device));
    expect(shown.at(device.address)).toMatchObject({ state: 'removed', eligible: false });
    expect(codes(shown.at(device.address))).toEqual(['REMOVED']);
    expect(shown.counts?.total).toBe(0);
  });
});

/** PF with two VFs, of which one shares its group with a plain function; two plain ones in one group; a controller with a disk. */
const pf = observation('h1', '0000:03:00.0', { functionType: 'pf', totalVfs: 2, iommuGroup: 1, driver: 'igb' });
const controller = observation('h1', '0000:05:00.0', { class: '010700', iommuGroup: 4 });
const DEVICES = [
  pf,
  observation('h1', '0000:03:10.0', { functionType: 'vf', vfIndex: 0, parentDeviceId: pf.deviceId, iommuGroup: 2 }),
  observation('h1', '0000:03:10.2', { functionType: 'vf', vfIndex: 1, parentDeviceId: pf.deviceId, iommuGroup: 3, driver: 'igbvf' }),
  observation('h1', '0000:04:00.0', { iommuGroup: 2, driver: 'e1000e' }),
  observation('h1', '0000:04:00.1', { iommuGroup: 3 }),
  controller,
  { ...observation('h1', '0:0:0:0', { parentDeviceId: controller.deviceId, iommuGroup: null }), kind: 'scsi' },
];

const STEPS: readonly ((log: Log, n: number) => KnownEvent)[] = [
  (log, n) => log.discovered('h1', device(n)),
  (log, n) =>
    log.changed('h1', {
      ...device(n),
      driver: n % 2 ? 'vfio-pci' : 'igb',
      net: n % 5 ? [] : [{ ifname: 'ens1f0', mac: '' }],
      hostUse: n % 3 ? [] : [{ code: 'mounted', detail: '/srv' }],
    }),
  (log, n) => log.removed('h1', device(n)),
  (log, n) => log.missing('h1', device(n), `vm${n % 2}`),
  (log, n) => log.returned('h1', device(n)),
  (log, n) => log.reserved('h1', `vm${n % 2}`, [device(n)]),
  (log, n) => log.reserved('h1', `vm${n % 2}`, [device(n), device(n + 1)]),
  (log, n) => log.pending('h1', `vm${n % 2}`, [device(n)]),
  (log, n) => log.released('h1', `vm${n % 2}`, [device(n)]),
  (log) => log.stale('h1'),
  (log, n) => log.online('h1', { unsafeIommuGroups: n % 2 === 0, customDevices: n % 3 !== 0 }),
];
const device = (n: number) => DEVICES[n % DEVICES.length] as (typeof DEVICES)[number];

/** Thousands of histories, on a machine that may be busy. */
const LONG_MS = 180_000;
const history = fc.array(fc.tuple(fc.nat(STEPS.length - 1), fc.nat(20), fc.boolean()), { minLength: 1, maxLength: 40 });

describe('rows that are written as events come', () => {
  it(
    'are what judging every device of the host anew would give, however the events fall into batches',
    () => {
      fc.assert(
        fc.property(history, (steps) => {
          const log = aLog();
          const picture = new HostPicture(null, [], on(virtualAreCustom));
          const rows = stored();
          for (const [step, n, ends] of steps) {
            apply(picture, (STEPS[step] as (typeof STEPS)[number])(log, n));
            if (ends) rows.write(picture);
          }
          rows.write(picture);
          const fresh = judgeAll([...rows.devices.values()], rows.host());
          expect([...rows.devices.values()]).toEqual(fresh);
          if (rows.host()) expect(rows.host()?.counts).toEqual(fresh.reduce((counts, { state }) => moveDevice(counts, undefined, state), NO_DEVICES));
        }),
        { numRuns: 5_000 },
      );
    },
    LONG_MS,
  );

  it(
    'are the same when the host is read again between the batches',
    () => {
      fc.assert(
        fc.property(history, (steps) => {
          const [kept, read] = [stored(), stored()];
          const [log, again] = [aLog(), aLog()];
          const picture = new HostPicture(null, [], on(virtualAreCustom));
          for (const [step, n] of steps) {
            const make = STEPS[step] as (typeof STEPS)[number];
            apply(picture, make(log, n));
            kept.write(picture);
            const fresh = new HostPicture(read.host(), [...read.devices.values()], on(virtualAreCustom));
            apply(fresh, make(again, n));
            read.write(fresh);
          }
          expect([...read.devices]).toEqual([...kept.devices]);
          expect(read.host()).toEqual(kept.host());
        }),
        { numRuns: 1_000 },
      );
    },
    LONG_MS,
  );
});

const virtualAreCustom = ({ functionType }: DeviceObservation): RegisteredModel | undefined =>
  functionType === 'vf' ? { model: 'VF', deviceType: 'virtual', vendorId: '8086', productId: '10ca' } : undefined;

const judgeAll = (rows: readonly ShownDevice[], host: HostRow | null): readonly ShownDevice[] => {
  const there = rows.filter(({ presence }) => presence !== 'removed');
  const circumstances = {
    topology: topologyOf(new Map(there.map(({ deviceId, observation }) => [deviceId, observation]))),
    holders: new Map(rows.flatMap(({ deviceId, holder }) => (holder ? [[deviceId, holder.vmId] as const] : []))),
    cordoned: new Set<string>(),
    missing: new Set(rows.filter(({ presence }) => presence === 'missing').map(({ deviceId }) => deviceId)),
    stale: host?.state === 'stale' || host?.state === 'offline',
    unsafeIommuGroups: host?.description.unsafeIommuGroups === true,
    modelOf: virtualAreCustom,
    customDisabled: host?.description.customDevices === false,
    excludedClass: BY_DEFAULT,
  };
  return rows.map((row) => ({ ...row, ...judge(row, circumstances) }));
};
