import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { nestLogger } from '@vfleet/service-kit';
import { DashboardModule, type DashboardOptions } from './dashboard.module.js';
import { ErrorFilter } from './inbound/error.filter.js';
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
}

export interface RunningDashboard {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves the dashboard, at once: NATS and PostgreSQL may be away, which is then told by each answer that needs them. */
export const startDashboard = async ({ host, port, origins, ...options }: ServerOptions): Promise<RunningDashboard> => {
  const { log } = options;
  const app = await NestFactory.create<NestExpressApplication>(DashboardModule.of(options), {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.use(securityHeaders, sameSite(host, origins));
  app.useGlobalFilters(new ErrorFilter(log));
  await app.listen(port, host);
  const [bus, feed] = [app.get(Bus), app.get(EventFeed)];
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
