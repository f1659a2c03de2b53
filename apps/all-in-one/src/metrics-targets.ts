import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

const LOOPBACK = '127.0.0.1';
const WATCHED = ['allocator', 'inventory', 'migrator', 'dashboard', 'agent'] as const;

/** The port on which each service serves its metrics and its health, the same again whenever it is started again. */
export type MetricsPorts = Readonly<Record<(typeof WATCHED)[number], number>>;

/** Free ports, all different. */
export const metricsPorts = async (): Promise<MetricsPorts> => {
  const servers = WATCHED.map(() => createServer().listen(0, LOOPBACK));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(WATCHED.map((name, index) => [name, ports[index]])) as unknown as MetricsPorts;
};

/** As the services are told of their ports. */
export const metricsEnvironment = (ports: MetricsPorts): Readonly<Record<string, string>> =>
  Object.fromEntries(WATCHED.map((name) => [`VFLEET_${name.toUpperCase()}_HTTP_PORT`, String(ports[name])]));

/** Writes where they are, in the form that Prometheus' `file_sd_configs` read. Returns how to take that back. */
export const publishTargets = (file: string, ports: MetricsPorts): (() => void) => {
  const targets = WATCHED.map((service) => ({ targets: [`${LOOPBACK}:${ports[service]}`], labels: { service } }));
  writeFileSync(file, `${JSON.stringify(targets, null, 2)}\n`, { mode: 0o600 });
  return () => rmSync(file, { force: true });
};
