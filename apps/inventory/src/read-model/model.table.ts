import type { Model } from '@vfleet/contracts';
import type pg from 'pg';

/** Rows of `models`, and where the devices are that a model is of. */
export const modelTable = (schema: string) => ({
  all: async (client: pg.ClientBase): Promise<readonly Model[]> => {
    const { rows } = await client.query<{ data: Model }>(`select data from ${schema}.models order by model`);
    return rows.map(({ data }) => data);
  },

  put: (client: pg.ClientBase, model: Model): Promise<unknown> =>
    client.query(`insert into ${schema}.models (model, data) values ($1, $2) on conflict (model) do update set data = excluded.data`, [
      model.model,
      JSON.stringify(model),
    ]),

  /** An event about a model, so that models can be known as they were. */
  note: (client: pg.ClientBase, position: number): Promise<unknown> =>
    client.query(`insert into ${schema}.model_events (position) values ($1) on conflict do nothing`, [position]),

  remove: (client: pg.ClientBase, name: string): Promise<unknown> => client.query(`delete from ${schema}.models where model = $1`, [name]),

  /** Hosts with a device of a model's vendor and product, among those that the model covers. Reads every device: models seldom change. */
  hostsWith: async (client: pg.ClientBase, { vendorId, productId, hostIds }: Model): Promise<readonly string[]> => {
    const { rows } = await client.query<{ host_id: string }>(
      `select distinct host_id from ${schema}.devices
       where observation ->> 'vendorId' = $1 and observation ->> 'productId' = $2 and ($3::text[] is null or host_id = any($3))
       order by host_id`,
      [vendorId, productId, hostIds ?? null],
    );
    return rows.map(({ host_id }) => host_id);
  },
});
