import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { inboxOf, parseNatsUrl, type AnsweringService, type BusClient } from '@vfleet/contracts';
import { SERVICE_ROLE, migrateJournal, openPool } from '@vfleet/journal';
import { connectNats, type ConnectionOptions, type Log } from '@vfleet/messaging';
import { openTelemetry, type ServiceName, type Telemetry } from '@vfleet/telemetry';
import type { NatsConnection } from '@nats-io/transport-node';
import type pg from 'pg';
import { watchBus } from './bus-watch.js';
import type { ServiceConfig, StreamsConfig, WatchingConfig } from './configuration.js';

/** What a service stands on: its log and its metrics, its database connections, its bus. */
export interface Platform extends Pick<Telemetry, 'metrics' | 'health' | 'tracing'> {
  readonly service: string;
  readonly version: string;
  readonly log: Log;
  /** Ends what watches the service; the last thing that it does. */
  readonly closeTelemetry: () => Promise<void>;
  readonly pool: pg.Pool;
  readonly nats: NatsConnection;
  /** Servers of a NATS cluster that keep each stream; 1 where not said. */
  readonly streamReplicas?: number;
}

export const PLATFORM = Symbol('vfleet.platform');
/** Injects the platform into a constructor. */
export const InjectPlatform = (): ParameterDecorator => Inject(PLATFORM);

/** Makes the platform injectable everywhere in the service. */
@Module({})
export class PlatformModule {
  static of(platform: Platform): DynamicModule {
    return { module: PlatformModule, global: true, providers: [{ provide: PLATFORM, useValue: platform }], exports: [PLATFORM] };
  }
}

const WAIT_MS = 500;
/** A connection to NATS is tried for ever, and says nothing of it. */
const TELL_AFTER_MS = 2_000;

/** Connects to both servers and brings the journal's tables up to date; waits while a server is not there yet. */
export const openPlatform = async (service: AnsweringService, version: string, config: ServiceConfig & Partial<StreamsConfig>): Promise<Platform> => {
  const { log, metrics, health, tracing, close: closeTelemetry } = await watched(service, version, config);
  const owner = openPool({ url: config.pgUrl, name: `vfleet-${service}-migrations`, max: 1 });
  await untilThere(log, 'PostgreSQL', () => owner.query('select 1'));
  const applied = await migrateJournal(owner);
  if (applied.length > 0) log('info', 'journal tables are up to date', { applied });
  await owner.end();
  const pool = openPool({ url: config.pgUrl, name: `vfleet-${service}`, max: 8, role: SERVICE_ROLE });
  const silence = setTimeout(() => log('warn', 'waiting for a server', { server: 'NATS' }), TELL_AFTER_MS);
  const nats = await connectNats(busOf(service, config)).finally(() => clearTimeout(silence));
  const isConnected = watchBus(nats);
  metrics.gauge('vfleet_nats_connected', () => Number(isConnected()));
  health.needs('nats', isConnected);
  health.needs('postgresql', () => pool.query('select 1').then(() => true));
  return { service, version, log, metrics, health, tracing, closeTelemetry, pool, nats, streamReplicas: config.streamReplicas ?? 1 };
};

/** How a service connects to NATS: as itself, with an inbox that nobody else needs to hear. */
export const busOf = (
  service: AnsweringService | Extract<BusClient, 'dashboard'>,
  { natsUrl, natsIdentity }: Pick<ServiceConfig, 'natsUrl' | 'natsIdentity'>,
): ConnectionOptions => ({
  ...parseNatsUrl(natsUrl),
  ...(natsIdentity && { identity: natsIdentity }),
  name: `vfleet-${service}`,
  inboxPrefix: inboxOf(service),
});

/** Opens what a service is watched by, before anything that it may have to wait for. */
export const watched = (service: ServiceName, version: string, { otlpEndpoint = '', ...config }: WatchingConfig): Promise<Telemetry> =>
  openTelemetry({ ...config, service, version, traces: otlpEndpoint !== '' });

const untilThere = async (log: Log, what: string, ask: () => Promise<unknown>): Promise<void> => {
  for (let told = false; ; told = true) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!told) log('warn', 'waiting for a server', { server: what, error: (error as Error).message });
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
};
