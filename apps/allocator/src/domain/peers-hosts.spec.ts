import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { listCandidates } from '../candidates.js';
import { discovered, fact, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { decide, type Command } from './decide.js';
import { explain } from './explain.js';
import type { Host } from './host.js';
import { understand } from './reserve.js';

// More situations that systems of this field know from their own tests and faults: which host, and what is known of a
// device after something was restarted. Each title ends with the case it was made of.

const nic = (hostId: string, address: string, more: object = {}): ReturnType<typeof aDevice> =>
  aDevice(hostId, address, { name: 'NIC', iommuGroup: Number.parseInt(address.slice(5, 7), 16) * 8 + Number(address.at(-1)), ...more });
const h1 = (...addresses: readonly string[]) => [online('h1'), ...discovered('h1', ...addresses.map((address) => nic('h1', address)))];
const starts = (vmId: string, more: object): Command => vmState(vmId, 'starting', { hostId: 'h1', ...more });

const wishFor = (fleet: ReturnType<typeof fleetOf>, devices: readonly object[]) => {
  const understood = understand(fleet, { vmId: '', wishes: { devices: [...devices] } }, quiet());
  if (!('wish' in understood)) throw new Error(JSON.stringify(understood));
  return understood.wish;
};

describe('hosts in the order of what they have left', () => {
  const withFree = (hostId: string, free: number) => {
    const pf = nic(hostId, '0000:81:00.0', { name: 'PF', functionType: 'pf', totalVfs: 8, numVfs: free });
    const vfs = Array.from({ length: free }, (_, n) =>
      nic(hostId, `0000:82:00.${n}`, { name: 'VF', functionType: 'vf', vfIndex: n, parentDeviceId: pf.deviceId }),
    );
    return [online(hostId), ...discovered(hostId, pf, ...vfs)];
  };
  const fleet = fleetOf([...withFree('h1', 2), ...withFree('h2', 5), ...withFree('h3', 0), ...withFree('h4', 2)]);
  const wish = wishFor(fleet, [{ device: 'VF' }]);

  it('come with the most first when loads are spread, and those without any not at all [xapi-02]', async () => {
    const { items, rejected } = await listCandidates(fleet, { ...wish, strategy: 'spread' }, { limit: 10 });
    expect(items.map(({ hostId }) => hostId)).toEqual(['h2', 'h1', 'h4']);
    expect(rejected).toEqual({ hosts: 1, reasons: [{ code: 'NO_MATCH', hosts: 1 }] });
  });

  it('come with the fewest first otherwise, so that whole PFs stay free [xapi-02]', async () => {
    const { items } = await listCandidates(fleet, wish, { limit: 10 });
    expect(items.map(({ hostId }) => hostId)).toEqual(['h1', 'h4', 'h2']);
  });
});

describe('a device of another host', () => {
  it('is not given to a VM that does not run there [cloudpods-15]', () => {
    const fleet = [...h1('0000:01:00.0'), online('h2'), ...discovered('h2', nic('h2', '0000:02:00.0'))];
    const { unmet, hostId } = only(given(fleet).when(starts('vm-1', { devices: [{ match: { address: '02:00.0' } }] })), 'ReservationRejected');
    expect([hostId, unmet[0]]).toEqual([
      'h1',
      expect.objectContaining({ matched: 0, reasons: [{ code: 'NO_MATCH', count: 1, example: 'no device matches' }] }),
    ]);
  });
});

describe('a name that nobody knows', () => {
  it('is refused when a VM asks for it, whatever kind of name it is [harvester-07]', () => {
    const code = (request: object) => only(given(h1('0000:01:00.0')).when(starts('vm-1', { devices: [request] })), 'ReservationRejected').code;
    expect([{ alias: 'nope' }, { model: 'nope' }, { device: 'nope' }].map(code)).toEqual(['ALIAS_NOT_FOUND', 'MODEL_NOT_FOUND', 'UNSATISFIABLE']);
  });
});

describe('a shortage', () => {
  it('is explained with everything that was asked for, how many, and how many are free [cloudpods-25]', () => {
    const tags = { memory: '16384', sharing: 'exclusive' };
    const gpu = (address: string, more: object) => nic('h1', address, { name: 'T4', class: '030200', vendorId: '10de', ...more });
    const fleet = fleetOf([online('h1'), ...discovered('h1', gpu('0000:01:00.0', { tags }), gpu('0000:02:00.0', { tags: { memory: '8192' } }))]);
    const match = { deviceType: 'GPU-HPC', vendorId: '10de', 'tags.memory': '16384', 'tags.sharing': 'exclusive' };
    const explained = explain(fleet, fleet.host('h1') as Host, wishFor(fleet, [{ name: 'gpu', match, count: 2 }]));
    expect(explained).toMatchObject({ fits: false, requests: [{ requestName: 'gpu', asked: 2, matched: 1, free: 1 }] });
    expect(explained.message).toContain('only 1 of 2 match');
    const other = explained.requests[0]?.devices.find(({ address }) => address === '0000:02:00.0');
    expect(other?.message).toMatch(/tags\.memory.*8192/);
    expect(other?.message).toContain('tags.sharing');
  });
});

describe('which request a device serves', () => {
  it('stands on the reservation, device by device, on the VM’s own host [request-parsing-24]', () => {
    const devices = [
      { name: 'req1', match: { address: '04:00.0' } },
      { name: 'req2', match: { address: '05:00.0' } },
    ];
    const reserved = only(given(h1('0000:04:00.0', '0000:05:00.0', '0000:08:00.0')).when(starts('vm-1', { devices })), 'DevicesReserved');
    const requestOf = (address: string) => reserved.devices.find((one) => one.address === address)?.requestName;
    expect([reserved.hostId, requestOf('0000:04:00.0'), requestOf('0000:05:00.0'), requestOf('0000:08:00.0')]).toEqual([
      'h1',
      'req1',
      'req2',
      undefined,
    ]);
  });
});

describe('a device that is removed twice', () => {
  it('is gone once: facts may come again, and that is no error [pool-counting-03]', () => {
    const device = nic('h1', '0000:01:00.0');
    const removed = (): Command => fact('DeviceRemoved', 'h1', { deviceId: device.deviceId, address: device.address, reason: 'gone' });
    expect(names(given(h1(device.address)).whenAll(removed()))).toEqual(['DeviceRemoved']);
    expect(names(given(h1(device.address)).whenAll(removed(), removed()))).toEqual([]);
  });
});

describe('an allocator that starts again', () => {
  it('frees what a VM had that has stopped meanwhile, as soon as it is told, and nothing of one that runs [life-017]', () => {
    const log = [...h1('0000:05:00.1', '0000:05:00.3')];
    const before = fleetOf(log);
    for (const [vmId, address] of [
      ['vm-down', '05:00.1'],
      ['vm-up', '05:00.3'],
    ]) {
      const decision = decide(before, starts(vmId as string, { devices: [{ match: { address } }] }), quiet());
      take(before, decision);
      log.push(...decision.events);
    }
    const after = fleetOf(log);
    expect(after.host('h1')?.holders).toEqual(before.host('h1')?.holders);
    take(after, decide(after, vmState('vm-down', 'stopped'), quiet()));
    take(after, decide(after, vmState('vm-up', 'running'), quiet()));
    expect([...(after.host('h1')?.holders.values() ?? [])]).toEqual(['vm-up']);
  });

  it('takes what it finds attached to a VM that runs as that VM’s [cloudstack-23]', () => {
    const attested = fact('InventoryAttested', 'h1', { devices: 1, digest: 'same', attachments: [{ vmId: 'i-2-33-VM', address: '0000:01:00.0' }] });
    const { vmId, devices } = only(given(h1('0000:01:00.0')).when(attested), 'ReservationAdopted');
    expect([vmId, devices.map(({ address }) => address)]).toEqual(['i-2-33-VM', ['0000:01:00.0']]);
  });
});
