import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeadLetters } from '@vfleet/journal';
import { randomUUID } from 'node:crypto';
import type { SystemChecks } from '@vfleet/contracts';
import { until } from '@vfleet/testing';
import { aLog, observation } from '../../spec/events.js';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { REBUILD_LOCK } from '../read-model/rebuild.js';

let inventory: InventoryUnderTest;
beforeAll(async () => {
  inventory = await anInventory();
});
afterAll(() => inventory.close());

const log = aLog();
const nic = observation('h1', '0000:28:00.1');
const checks = async (): Promise<SystemChecks> => (await inventory.served('system.status', { checks: true })).checks as SystemChecks;

describe('the status of the system, looked at more closely', () => {
  it('tells nothing more unless it is asked for', async () => {
    expect(await inventory.served('system.status')).not.toHaveProperty('checks');
    expect(await inventory.ask('system.status', { check: true })).toMatchObject({ code: 400 });
  });

  it('of an empty system has nothing to say', async () => {
    expect(await checks()).toMatchObject({
      journal: { checked: 0, missing: 0, lastRecordedAt: null },
      deadLetters: { count: 0, oldestAt: null },
      releasing: [],
      diverged: [],
    });
  });

  it('tells how far each projection is, and that a rebuild goes on', async () => {
    await inventory.append([log.online('h1'), log.discovered('h1', nic), log.reserved('h1', 'vm-1', [nic], 'r')]);
    await inventory.served('devices.list');
    const rebuild = await inventory.platform.pool.connect();
    await rebuild.query('select pg_advisory_lock(hashtext($1))', [REBUILD_LOCK]);
    await rebuild.query(`insert into journal.checkpoints (name, position) values ('inventory_rebuilt', 1)`);
    const { projections, journal } = await checks();
    rebuild.release(true);
    expect(journal).toEqual({ checked: 3, missing: 0, lastRecordedAt: expect.stringMatching(/Z$/) });
    expect(projections).toEqual([
      { name: 'inventory', position: 3, lagEvents: 0, lagSeconds: 0, rebuilding: false },
      { name: 'inventory_rebuilt', position: 1, lagEvents: 2, lagSeconds: expect.any(Number), rebuilding: true },
    ]);
    await until('the rebuild that was ended by force to be forgotten', async () => (await checks()).projections?.length === 1);
  });

  it('tells what VMs have let go and hosts have not attested free, and since when', async () => {
    await inventory.append([log.pending('h1', 'vm-1', [nic])]);
    await inventory.served('devices.list');
    expect((await checks()).releasing).toEqual([{ vmId: 'vm-1', hostId: 'h1', devices: 1, since: expect.stringMatching(/Z$/) }]);
    await inventory.append([log.released('h1', 'vm-1', [nic])]);
    await inventory.served('devices.list');
    expect((await checks()).releasing).toEqual([]);
  });

  it('tells which hosts attested other devices than the journal knows, until they do not any more', async () => {
    const seen = { lastSeenAt: '2026-11-20T10:00:00.000Z', epoch: 'e', diverged: true };
    await inventory.append([log.online('h2')], [{ key: 'host:h2', value: seen }]);
    expect((await checks()).diverged).toEqual([{ hostId: 'h2', at: seen.lastSeenAt }]);
    await inventory.append([log.online('h2')], [{ key: 'host:h2', value: { ...seen, diverged: undefined } }]);
    expect((await checks()).diverged).toEqual([]);
  });

  it('counts dead letters', async () => {
    const letter = { id: 'd1', subject: 'vfleet.in.vm.v.VmStateChanged', code: 'NOT_JSON', message: 'no', service: 'allocator' };
    await new DeadLetters(inventory.platform.pool).keep({ ...letter, headers: {}, payload: Buffer.from('x') });
    expect((await checks()).deadLetters).toEqual({ count: 1, oldestAt: expect.stringMatching(/Z$/) });
  });

  it('sees a position of the journal that has no event', async () => {
    const { pool } = inventory.platform;
    const { rows } = await pool.query<{ position: string }>('update journal.counter set position = position + 2 returning position');
    const position = Number(rows[0]?.position);
    await pool.query(`insert into journal.events (position, stream, version, event_id, type, data, meta) values ($1, 'x', 1, $2, 'X', '{}', '{}')`, [
      position,
      randomUUID(),
    ]);
    expect((await checks()).journal).toMatchObject({ checked: position, missing: 1 });
  });
});
