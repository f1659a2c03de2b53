import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { History } from '@vfleet/contracts';
import { aLog, observation } from '../../spec/events.js';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';

let inventory: InventoryUnderTest;
const log = aLog();
const device = observation('h1', '0000:28:00.1', { name: '10GE' });

beforeAll(async () => {
  inventory = await anInventory();
  await inventory.append([
    log.online('h1'),
    log.discovered('h1', device),
    log.vmState('vm1', 'starting', { hostId: 'h1', sequence: 1 }),
    log.record('ReservationRejected', { vmId: 'vm1', hostId: 'h1', code: 'UNSATISFIABLE', message: '10GE is in use', unmet: [] }),
    log.reserved('h1', 'vm1', [device], 'r-1'),
    log.vmState('vm2', 'starting', { hostId: 'h1', sequence: 1 }),
    log.vmState('vm1', 'stopped', { hostId: 'h1', sequence: 2 }),
    log.released('h1', 'vm1', [device]),
  ]);
});

afterAll(() => inventory.close());

const history = (body: object): Promise<History> => inventory.served('vms.history', body as { vmId: string });
const told = ({ items }: History): unknown => items.map(({ position, type }) => [Number(position), type]);

describe('vms.history', () => {
  it('tells what a VM was given, gave back and was refused, newest first, and nothing of others', async () => {
    expect(told(await history({ vmId: 'vm1' }))).toEqual([
      [8, 'DevicesReleased'],
      [7, 'VmStateRecorded'],
      [5, 'DevicesReserved'],
      [4, 'ReservationRejected'],
      [3, 'VmStateRecorded'],
    ]);
  });

  it('goes page by page', async () => {
    const first = await history({ vmId: 'vm1', limit: 2 });
    const second = await history({ vmId: 'vm1', limit: 2, cursor: first.nextCursor });
    const last = await history({ vmId: 'vm1', limit: 2, cursor: second.nextCursor });
    expect([first, second, last].flatMap(told)).toEqual(told(await history({ vmId: 'vm1' })));
    expect(last.nextCursor).toBeNull();
  });

  it('shows each event whole, as the journal has it', async () => {
    const { items } = await history({ vmId: 'vm1' });
    expect(items[3]).toMatchObject({ stream: 'vm-vm1', data: { code: 'UNSATISFIABLE', message: '10GE is in use' } });
  });

  it('of a VM that nobody knows is 404, and of a wrong one 400', async () => {
    expect(await inventory.ask('vms.history', { vmId: 'nobody' })).toMatchObject({ code: 404, body: { error: { code: 'VM_NOT_FOUND' } } });
    expect(await inventory.ask('vms.history', { vmId: 'a b' })).toMatchObject({ code: 400, body: { error: { details: [{ field: 'vmId' }] } } });
    expect(await inventory.ask('vms.history', { vmId: 'vm1', cursor: 'x' })).toMatchObject({ code: 400 });
  });
});
