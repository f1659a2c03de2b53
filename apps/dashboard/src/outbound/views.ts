import { unavailable } from '@vfleet/contracts';
import { openPool } from '@vfleet/journal';
import type pg from 'pg';

/** May read the views that the inventory has made for the dashboard, and nothing else. */
export const DASHBOARD_ROLE = 'vfleet_dashboard';

/** The dashboard's views of the inventory, read with a role that can do nothing else. */
export class Views {
  private readonly pool: pg.Pool;

  constructor(url: string) {
    this.pool = openPool({ url, name: 'vfleet-dashboard', max: 4, role: DASHBOARD_ROLE });
  }

  /** @throws ApiError 503 while PostgreSQL is away, or the inventory has not made its views yet */
  async read<Row extends object>(name: string, text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const client = await this.pool.connect().catch(refuse);
    try {
      // Whoever we log in as, it is not as that user that anything is read.
      const { rows: who } = await client.query<{ role: string }>({ name: 'who', text: 'select current_user as role' });
      if (who[0]?.role !== DASHBOARD_ROLE) return refuse();
      const { rows } = await client.query<Row>({ name, text, values: [...values] });
      return rows;
    } catch (error) {
      return refuse(error);
    } finally {
      client.release();
    }
  }

  async areThere(): Promise<boolean> {
    return this.read('there', 'select 1').then(
      () => true,
      () => false,
    );
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

const refuse = (_cause?: unknown): never => {
  throw unavailable('the database cannot be reached; try again');
};
