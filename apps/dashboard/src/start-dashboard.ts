import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { nestLogger } from '@vfleet/service-kit';
import type { Telemetry } from '@vfleet/telemetry';
import { DashboardModule, type DashboardOptions } from './dashboard.module.js';
import { ErrorFilter } from './inbound/error.filter.js';
import { httpMetrics } from './inbound/http-metrics.js';
import { sameSite } from './inbound/same-site.js';
import { securityHeaders } from './inbound/security-headers.js';
import { EventFeed } from './live/event-feed.js';
import { ChangeTeller } from './live/fleet-changes.js';
import { Bus } from './outbound/bus.js';
import { Views } from './outbound/views.js';

export interface ServerOptions extends DashboardOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly origins: readonly string[];
  /** By what it is watched, where it is. */
  readonly telemetry?: Pick<Telemetry, 'metrics' | 'health'>;
}

export interface RunningDashboard {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves the dashboard, at once: NATS and PostgreSQL may be away, which is then told by each answer that needs them. */
export const startDashboard = async ({ host, port, origins, telemetry, ...options }: ServerOptions): Promise<RunningDashboard> => {
  const { log } = options;
  const app = await NestFactory.create<NestExpressApplication>(DashboardModule.of(options), {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  if (telemetry) app.use(httpMetrics(telemetry.metrics));
  app.use(securityHeaders, sameSite(host, origins));
  app.useGlobalFilters(new ErrorFilter(log));
  await app.listen(port, host);
  const [bus, feed] = [app.get(Bus), app.get(EventFeed)];
  if (telemetry) show(telemetry, bus, app.get(Views));
  const following = bus.open().then((nats) => nats && feed.run(nats));
  const server = app.getHttpServer() as Server & { closeAllConnections: () => void };
  const close = async (): Promise<void> => {
    feed.stop();
    app.get(ChangeTeller).stop();
    server.closeAllConnections();
    await app.close();
    await Promise.all([bus.close(), app.get(Views).close()]);
    await following;
  };
  const shown = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shown}:${(server.address() as AddressInfo).port}/`, close };
};

/** What the dashboard needs, and that it is there now. */
const show = ({ metrics, health }: Pick<Telemetry, 'metrics' | 'health'>, bus: Bus, views: Views): void => {
  metrics.gauge('vfleet_nats_connected', () => Number(bus.isConnected));
  health.needs('nats', () => bus.isConnected);
  health.needs('postgresql', () => views.areThere());
  health.role = 'active';
};
