import type { Migration } from '../migrate.js';

/**
 * Appends look rows up by their keys, whatever the planner believes of the tables: it plans once, while they are empty,
 * and would then read all claims, dead ones included, for each batch.
 */
export const appendPlans: Migration = {
  id: '0004-append-plans',
  sql: `
alter function journal.append set enable_seqscan = off;
alter function journal.append set enable_hashjoin = off;
alter function journal.append set enable_mergejoin = off;
`,
};
