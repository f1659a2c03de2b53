import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts';
import { openPool } from '@vfleet/journal';
import { aDatabase, aFolder, aNatsServer, aProgram, aService, until, type TestDatabase, type TestNats } from '@vfleet/testing';

const START_MS = 180_000;
const folder = aFolder('sealing');
const [log, privateKey, publicKey] = ['allocator.log', 'seal.key', 'seal.pub'].map((name) => join(folder, name)) as [string, string, string];

let database: TestDatabase;
let bus: TestNats;

const vfleet = async (...words: string[]): Promise<string> => {
  const program = aProgram('cli', words, { VFLEET_PG_URL: database.url });
  const code = await program.ended;
  return `${code} ${program.said()}`;
};

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  expect(await vfleet('security', 'seal-key', '--folder', folder)).toMatch(/^0 /);
}, START_MS);

afterAll(async () => {
  await Promise.all([database?.close(), bus?.close()]);
});

describe('an allocator that has a key', () => {
  it(
    'seals what is decided, and tells heads in its log, so that a change of history shows',
    async () => {
      const servers = { pgUrl: database.url, natsUrl: bus.url };
      const allocator = await aService('allocator', servers, { VFLEET_ALLOCATOR_SEAL_KEY_FILE: privateKey, VFLEET_ALLOCATOR_SEAL_SECONDS: '1' });
      const nats = await connect(parseNatsUrl(bus.url));
      const register = (model: object): Promise<unknown> => nats.request('vfleet.api.models.create', JSON.stringify(model), { timeout: START_MS });
      await register({ model: 'A100', deviceType: 'GPU-A', vendorId: '10de', productId: '20b0' });
      await until('a head in the log', () => allocator.said().includes('journal is sealed'));
      await register({ model: 'H100', deviceType: 'GPU-H', vendorId: '10de', productId: '2330' });

      const owner = openPool({ url: database.url, name: 'administrator' });
      const overdue = async (): Promise<unknown> => {
        const stats = (await nats.request('$SRV.STATS.vfleet-allocator')).json<{ endpoints: { data: { sealOverdueSeconds?: number } }[] }>();
        return stats.endpoints[0]?.data.sealOverdueSeconds;
      };
      expect(await overdue()).toBe(0);
      const holding = await owner.connect();
      await holding.query('begin');
      await holding.query('lock table journal.seals');
      await register({ model: 'L40', deviceType: 'GPU-L', vendorId: '10de', productId: '26b5' });
      await until('the allocator to say that it cannot seal', async () => Number(await overdue()) > 0);
      await holding.query('rollback');
      holding.release();
      await until('the allocator to say that it can', async () => (await overdue()) === 0);
      await nats.close();
      await allocator.kill();
      writeFileSync(log, allocator.said());
      expect(await vfleet('journal', 'verify', '--public-key', publicKey, '--head', log)).toMatch(/^0 [^]*fits\n[^]*sealed to +3\n/);

      await owner.query(`alter table journal.events disable trigger user; update journal.events set type = 'Other' where position = 1`);
      await owner.end();
      expect(await vfleet('journal', 'verify', '--public-key', publicKey)).toMatch(/^1 [^]*event 1 is another one than was sealed/);
    },
    START_MS,
  );
});
