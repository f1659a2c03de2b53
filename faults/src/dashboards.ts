import { freePort } from '@vfleet/embedded';
import { until } from '@vfleet/testing';
import { aProxy } from './a-proxy.js';
import type { KeptService, Stage } from './stage.js';

const READY_MS = 120_000;

/** A dashboard that is kept running. */
export interface Dashboard {
  readonly service: KeptService;
  /** Resolves when it can answer. */
  readonly isReady: () => Promise<true>;
}

/** So many dashboards, and the address before all of them. */
export const dashboards = async (stage: Stage, count: number): Promise<{ readonly all: readonly Dashboard[]; readonly url: string }> => {
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  const all = ports.map((port): Dashboard => {
    const service = stage.keep('dashboard', { VFLEET_DASHBOARD_PORT: String(port), VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: 'true' });
    const health = `http://127.0.0.1:${port}/health/ready`;
    const said = (): string => `a dashboard to be ready; it said ${service.program().said().slice(-2_000)}`;
    return { service, isReady: () => until(said, async () => (await fetch(health)).ok, READY_MS) };
  });
  for (const { isReady } of all) await isReady();
  const { url, close } = await aProxy(ports);
  stage.onClose(close);
  return { all, url };
};
