import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Vm } from '@vfleet/contracts';
import { Journal, type RecordedEvent } from '@vfleet/journal';
import { aLog, observation } from '../../spec/events.js';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';

let inventory: InventoryUnderTest;
let journal: Journal;
const log = aLog();
const device = observation('h1', '0000:28:00.1', { name: '10GE' });
/** What `vms.get` answered after each position. */
const seen = new Map<number, Vm>();

const happens = async (event: RecordedEvent): Promise<void> => {
  await inventory.append([event]);
  const { code, body } = await inventory.ask('vms.get', { vmId: 'vm1' });
  if (code === 0) seen.set(event.position, body as Vm);
};

beforeAll(async () => {
  inventory = await anInventory();
  journal = new Journal(inventory.platform.pool);
  await happens(log.online('h1'));
  await happens(log.discovered('h1', device));
  await happens(log.vmState('vm1', 'starting', { hostId: 'h1', sequence: 1 }));
  await happens(log.reserved('h1', 'vm1', [device], 'r-1'));
  await happens(log.vmState('vm1', 'running', { hostId: 'h1', sequence: 2 }));
  await happens(log.vmState('vm2', 'starting', { hostId: 'h1', sequence: 1 }));
  await happens(log.vmState('vm1', 'stopped', { hostId: 'h1', sequence: 3 }));
  await happens(log.pending('h1', 'vm1', [device]));
  await happens(log.released('h1', 'vm1', [device]));
});

afterAll(() => inventory.close());

const at = (when: string | number, vmId = 'vm1'): Promise<Vm> => inventory.served('vms.get', { vmId, at: when });

describe('vms.get at a position', () => {
  it('answers what it answered then', async () => {
    expect([...seen.keys()]).toEqual([3, 4, 5, 6, 7, 8, 9]);
    for (const [position, then] of seen) {
      expect(await at(`${position}`)).toEqual(then);
      expect(await at(position)).toEqual(then);
    }
    expect([await at(5), await at(9)]).toMatchObject([
      { state: 'running', reservation: { reservationId: 'r-1', state: 'held' } },
      { state: 'stopped', reservation: null },
    ]);
  });

  it('knows nothing of a VM of which nothing was heard by then', async () => {
    for (const [vmId, when] of [
      ['vm1', 2],
      ['vm1', 0],
      ['vm2', 5],
      ['nobody', 9],
    ] as const)
      expect(await inventory.ask('vms.get', { vmId, at: when })).toMatchObject({ code: 404, body: { error: { code: 'VM_NOT_FOUND' } } });
  });
});

describe('vms.get at a time', () => {
  it('answers what was so when the newest event by then was recorded', async () => {
    for (const { position, recordedAt } of await journal.read(2, 100)) {
      const newest = await journal.positionAt(new Date(recordedAt));
      expect(newest).toBeGreaterThanOrEqual(position);
      expect(await at(recordedAt)).toEqual(seen.get(newest));
    }
  });

  it('takes any zone, and a time to come as now', async () => {
    const [first] = await journal.read(2, 1);
    const told = Date.parse(first?.recordedAt as string);
    const elsewhere = `${new Date(told + 7_200_000).toISOString().slice(0, -1)}+02:00`;
    expect(await at(elsewhere)).toEqual(await at(new Date(told).toISOString()));
    expect(await at('2999-01-01T00:00:00Z')).toEqual(seen.get(9));
  });

  it('knows nothing from before there was anything', async () => {
    for (const when of ['2001-01-01T00:00:00Z', '0000-01-01T00:00:00Z'])
      expect(await inventory.ask('vms.get', { vmId: 'vm1', at: when })).toMatchObject({ code: 404, body: { error: { code: 'VM_NOT_FOUND' } } });
  });
});

describe('vms.get at no time at all', () => {
  it.each(['yesterday', '', '2026-11-20', '2026-11-20 10:00:00Z', '2026-13-40T10:00:00Z', '1.5', '-1', '12345678901234567'])(
    'refuses %j, naming the field',
    async (when) => {
      expect(await inventory.ask('vms.get', { vmId: 'vm1', at: when })).toMatchObject({
        code: 400,
        body: { error: { code: 'INVALID_REQUEST', details: [{ field: 'at' }] } },
      });
    },
  );

  it('refuses a position that the journal has not reached, and says where it is', async () => {
    const answer = await inventory.ask('vms.get', { vmId: 'vm1', at: '10' });
    expect(answer).toMatchObject({ code: 400, body: { error: { details: [{ field: 'at', message: expect.stringContaining('at 9') }] } } });
  });

  it.each([true, {}, -1, 1.5])('refuses %j, which is neither', async (when) => {
    expect(await inventory.ask('vms.get', { vmId: 'vm1', at: when })).toMatchObject({ code: 400, body: { error: { details: [{ field: 'at' }] } } });
  });
});

describe('a VM with a long past', () => {
  it('is made again from all of it', async () => {
    let head = await journal.head();
    const states = Array.from({ length: 2_500 }, (_, index) =>
      log.vmState('vm3', index % 2 ? 'running' : 'paused', { hostId: 'h1', sequence: index + 1 }),
    );
    for (let from = 0; from < states.length; from += 500) await inventory.append(states.slice(from, from + 500));
    for (const back of [0, 1, 700, 1_499, 1_500, 1_501]) {
      const sequence = 2_500 - back;
      expect(await at(head + sequence, 'vm3')).toMatchObject({ sequence, state: sequence % 2 ? 'paused' : 'running' });
    }
    head += 2_500;
    expect(await journal.head()).toBe(head);
  });
});
