import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { headers } from '@nats-io/transport-node';
import { agentSubject, internalSubject, type InternalName } from '@vfleet/contracts';
import { discovered, online } from './testing/given.js';
import { runningAllocator, type Answered } from './testing/running-allocator.js';

/** What operators ask about hardware, on real servers, by a client that knows nothing but NATS and JSON. */
let allocator: Awaited<ReturnType<typeof runningAllocator>>;
const nic = aDevice('h1', '0000:28:00.1', { name: '10GE', iommuGroup: 1 });
const probed: unknown[] = [];

const internal = async (name: InternalName, body: object): Promise<Answered> => {
  const reply = await allocator.client.request(internalSubject(name), JSON.stringify(body), { timeout: 30_000 });
  return { status: Number(reply.headers?.get('Nats-Service-Error-Code') ?? 0), body: reply.json() };
};

beforeAll(async () => {
  allocator = await runningAllocator(
    ['h1', 'h2', 'h3', 'h4'].flatMap((hostId) => [online(hostId), ...(hostId === 'h1' ? discovered(hostId, nic) : [])]),
  );
  const { client } = allocator;
  for (const hostId of ['h1', 'h3'])
    client.subscribe(agentSubject(hostId, 'probe'), {
      callback: (_, message) => {
        probed.push({ hostId, body: message.json() });
        message.respond(JSON.stringify({ devices: 1, changed: 0 }));
      },
    });
  const refused = headers();
  refused.set('Nats-Service-Error-Code', '503');
  client.subscribe(agentSubject('h4', 'probe'), { callback: (_, message) => void message.respond('{}', { headers: refused }) });
  await client.flush();
});

afterAll(() => allocator.close());

describe('hosts.probe', () => {
  it('has every known host look at its hardware, and says which do not answer', async () => {
    expect(await allocator.ok('hosts.probe')).toEqual({ probed: ['h1', 'h3'], unreachable: ['h2', 'h4'] });
    expect(probed).toHaveLength(2);
    expect(probed).toEqual(
      expect.arrayContaining([
        { hostId: 'h1', body: {} },
        { hostId: 'h3', body: {} },
      ]),
    );
  });

  it('asks only the hosts that are named, each once', async () => {
    expect(await allocator.ok('hosts.probe', { hostIds: ['h3', 'h3', 'unknown'] })).toEqual({ probed: ['h3'], unreachable: ['unknown'] });
    expect(await allocator.ok('hosts.probe', { hostIds: [] })).toEqual({ probed: [], unreachable: [] });
  });

  it('is refused for what is no host id', async () => {
    expect(await allocator.refusal('hosts.probe', { hostIds: ['a.b'] })).toMatchObject({ status: 400, details: [{ field: 'hostIds[0]' }] });
  });
});

describe('what the read side passes on of a device', () => {
  const about = { hostId: 'h1', deviceId: nic.deviceId };

  it('is decided, kept, and in force when it is answered', async () => {
    expect(await internal('devices.cordon', { ...about, reason: 'smokes' })).toEqual({ status: 0, body: {} });
    const wish = { vmId: 'vm-1', hostId: 'h1', devices: [{ device: '10GE' }] };
    expect(await allocator.refusal('reservations.reserve', wish)).toMatchObject({
      status: 422,
      details: { unmet: [{ reasons: [{ code: 'CORDONED' }] }] },
    });
    expect(await internal('devices.uncordon', about)).toEqual({ status: 0, body: {} });
    expect(await internal('devices.tag', { ...about, tags: { rack: 'b4' } })).toEqual({ status: 0, body: {} });
    expect(await allocator.ok('reservations.reserve', { ...wish, devices: [{ match: { 'tags.rack': 'b4' } }] })).toMatchObject({ state: 'held' });
    const events = await allocator.journal.readStream('host-h1');
    expect(events.map(({ type }) => type).slice(2)).toEqual(['DeviceCordoned', 'DeviceUncordoned', 'DeviceTagged', 'DevicesReserved']);
  });

  it('is 404 for a device that its host does not have', async () => {
    expect(await internal('devices.tag', { ...about, hostId: 'h2', tags: {} })).toMatchObject({
      status: 404,
      body: { error: { code: 'DEVICE_NOT_FOUND' } },
    });
  });
});
