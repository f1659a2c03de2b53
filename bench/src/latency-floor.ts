import { jetstream } from '@nats-io/jetstream';
import { GroupCommit } from '@vfleet/journal';
import { pace } from './pace.js';
import type { Stage } from './stage.js';

const TABLE = 'create table if not exists bench_floor (vm_id text primary key, body jsonb not null)';

/**
 * The least that a durable answer costs on this machine at this moment: one row in a grouped commit, then one message
 * acknowledged by JetStream, at the same pace. Milliseconds, one per item.
 */
export const latencyFloor = async ({ pool, client }: Stage, round: string, perSecond: number, seconds: number): Promise<readonly number[]> => {
  await pool.query(TABLE);
  const js = jetstream(client.nats);
  const line = new GroupCommit<string, void>({
    commit: async (vmIds) => {
      await pool.query(`insert into bench_floor select vm_id, '{"state":"starting"}' from unnest($1::text[]) as vm_id`, [vmIds]);
      return vmIds.map(() => ({ ok: true, value: undefined }));
    },
  });
  const samples: number[] = [];
  const work: Promise<void>[] = [];
  await pace(perSecond, perSecond * seconds, (n) => {
    const sent = performance.now();
    const vmId = `floor-${round}-${n}`;
    const done = line.submit(vmId).then(() => js.publish(`vfleet.dlq.bench.${vmId}`, '{}'));
    work.push(done.then(() => void samples.push(performance.now() - sent)));
  });
  await Promise.all(work);
  return samples;
};
