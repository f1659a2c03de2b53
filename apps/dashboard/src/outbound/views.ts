import { unavailable } from '@vfleet/contracts';
import { openPool } from '@vfleet/journal';
import type { Log } from '@vfleet/messaging';
import type pg from 'pg';

/** May read the views that the inventory has made for the dashboard, and nothing else. */
export const DASHBOARD_ROLE = 'vfleet_dashboard';

const CONNECTIONS = 4;

/** The inventory's views for the dashboard, read as a role that can do nothing else, whoever it is that logs in. */
export class Views {
  private readonly pool: pg.Pool;
  /** That they cannot be read stands in the log: once is enough. */
  private told = false;

  constructor(
    url: string,
    private readonly log: Log,
  ) {
    this.pool = openPool({ url, name: 'vfleet-dashboard', max: CONNECTIONS, role: DASHBOARD_ROLE });
  }

  /** @throws ApiError 503 while PostgreSQL is away, or the inventory has not made its views yet */
  async read<Row extends object>(name: string, text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    let client: pg.PoolClient | undefined;
    let isGood = false;
    try {
      client = await this.pool.connect();
      const { rows: who } = await client.query<{ role: string }>({ name: 'who', text: 'select current_user as role' });
      if (who[0]?.role !== DASHBOARD_ROLE) throw new Error(`acts as ${who[0]?.role}, not as ${DASHBOARD_ROLE}`);
      const { rows } = await client.query<Row>({ name, text, values: [...values] });
      isGood = true;
      this.told = false;
      return rows;
    } catch (error) {
      if (!this.told) this.log('warn', 'the views of the inventory cannot be read', { view: name, error: (error as Error).message });
      this.told = true;
      throw unavailable('the database cannot be read; try again');
    } finally {
      // A connection from before there was the role would stay what it is.
      client?.release(!isGood);
    }
  }

  areThere(): Promise<boolean> {
    return this.read('views are there', 'select from inventory.dashboard_hosts limit 1').then(
      () => true,
      () => false,
    );
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
