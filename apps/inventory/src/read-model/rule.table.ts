import type { Model } from '@vfleet/contracts';
import type { ExcludedClass } from '@vfleet/pci';
import type pg from 'pg';

/** Rows of `models` and `excluded_classes`, and where the devices are that they are about. */
export const ruleTable = (schema: string) => ({
  models: async (client: pg.ClientBase): Promise<readonly Model[]> => {
    const { rows } = await client.query<{ data: Model }>(`select data from ${schema}.models order by model`);
    return rows.map(({ data }) => data);
  },

  putModel: (client: pg.ClientBase, model: Model): Promise<unknown> =>
    client.query(`insert into ${schema}.models (model, data) values ($1, $2) on conflict (model) do update set data = excluded.data`, [
      model.model,
      JSON.stringify(model),
    ]),

  /** An event about a model or a class, so that these can be known as they were. */
  note: (client: pg.ClientBase, position: number): Promise<unknown> =>
    client.query(`insert into ${schema}.model_events (position) values ($1) on conflict do nothing`, [position]),

  removeModel: (client: pg.ClientBase, name: string): Promise<unknown> => client.query(`delete from ${schema}.models where model = $1`, [name]),

  /** Undefined where no operator has said anything. */
  excludedClasses: async (client: pg.ClientBase): Promise<readonly ExcludedClass[] | undefined> => {
    const { rows } = await client.query<{ classes: readonly ExcludedClass[] }>(`select classes from ${schema}.excluded_classes`);
    return rows[0]?.classes;
  },

  putExcludedClasses: (client: pg.ClientBase, classes: readonly ExcludedClass[]): Promise<unknown> =>
    client.query(`insert into ${schema}.excluded_classes (classes) values ($1) on conflict (single) do update set classes = excluded.classes`, [
      JSON.stringify(classes),
    ]),

  /** Hosts with a device of one of some classes, given by their first digits. Reads every device: the list seldom changes. */
  hostsWithClasses: async (client: pg.ClientBase, prefixes: readonly string[]): Promise<readonly string[]> => {
    const { rows } = await client.query<{ host_id: string }>(
      `select distinct host_id from ${schema}.devices where observation ->> 'class' like any($1) order by host_id`,
      [prefixes.map((prefix) => `${prefix}%`)],
    );
    return rows.map(({ host_id }) => host_id);
  },

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
