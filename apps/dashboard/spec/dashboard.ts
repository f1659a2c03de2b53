import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDashboard, type RunningDashboard, type ServerOptions } from '../src/start-dashboard.js';
import { until } from '@vfleet/testing';
import { ask } from './http.js';

export const TOKEN = 'a-token-that-nobody-guesses';
export const BEARER = { authorization: `Bearer ${TOKEN}` };

export interface DashboardUnderTest extends RunningDashboard {
  /** The address of a path. */
  readonly at: (path: string) => string;
}

/** A dashboard in this process, on servers that may be away; its page is an empty folder where none is given. */
export const aDashboard = async (
  servers: Pick<ServerOptions, 'natsUrl' | 'pgUrl'>,
  options: Partial<ServerOptions> = {},
): Promise<DashboardUnderTest> => {
  const empty = mkdtempSync(join(tmpdir(), 'vfleet-page-'));
  const own = { host: '127.0.0.1', port: 0, origins: [], token: TOKEN, readWithoutToken: true, pageFolder: empty, log: () => undefined };
  const dashboard = await startDashboard({ ...own, ...servers, ...options });
  const close = async (): Promise<void> => {
    await dashboard.close();
    rmSync(empty, { recursive: true });
  };
  return { url: dashboard.url, close, at: (path) => new URL(path, dashboard.url).href };
};

/** Resolves when the dashboard reaches NATS. */
export const untilOnTheBus = (dashboard: DashboardUnderTest): Promise<unknown> =>
  until('the dashboard to reach NATS', async () => ((await ask(dashboard.at('/health/ready'))).json() as { nats: boolean }).nats);
