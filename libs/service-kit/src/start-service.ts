import 'reflect-metadata';
import type { INestApplication, Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { mayAnswerAt, tooManyRequests } from '@vfleet/contracts';
import { FactsTransport, PassThroughFilter, RequestsTransport, type FactsTransportOptions, type RequestsTransportOptions } from '@vfleet/messaging';
import { BadConfiguration } from './configuration.js';
import { ContractPipe } from './contract.pipe.js';
import { nestLogger } from './logger.js';
import { observeFact, observeRequest } from './observed-messages.js';
import { PlatformModule, type Platform } from './platform.js';
import { decodeRequest, toErrorReply } from './replies.js';

export interface ServiceOptions {
  readonly platform: Platform;
  readonly module: Type | DynamicModule;
  readonly description: string;
  /** Called when the module is made and before anything is consumed or answered. */
  readonly prepare?: (app: INestApplication) => Promise<ServiceWork>;
}

export interface ServiceWork {
  /** Facts to consume, where the service does. */
  readonly facts?: Omit<FactsTransportOptions, 'nats' | 'log'>;
  /** How requests are taken, where one instance at a time answers them. */
  readonly requests?: Pick<RequestsTransportOptions, 'queue' | 'admit'>;
  /** What the service says of itself in its statistics. */
  readonly status: () => object;
  /** Last thing before the connections close. */
  readonly stop?: () => Promise<void>;
}

/** Starts a service on its transports and stops it cleanly when it is told to. */
export const startService = async ({ platform, module, description, prepare }: ServiceOptions): Promise<INestApplication> => {
  const { log, nats, pool, service, version } = platform;
  const root: DynamicModule = { module: class Root {}, imports: [PlatformModule.of(platform), module as Type] };
  const app = await NestFactory.create(root, { logger: nestLogger(log), abortOnError: false });
  app.useGlobalFilters(new PassThroughFilter());
  app.useGlobalPipes(new ContractPipe());
  await app.init();
  const work: ServiceWork = (await prepare?.(app)) ?? { status: () => ({}) };

  const inherit = { inheritAppConfig: true };
  if (work.facts)
    app.connectMicroservice<MicroserviceOptions>(
      { strategy: new FactsTransport({ observe: (message) => observeFact(platform, message), ...work.facts, nats, log }) },
      inherit,
    );
  const requests = new RequestsTransport({
    ...work.requests,
    nats,
    name: `vfleet-${service}`,
    version,
    description,
    decode: decodeRequest,
    toErrorReply,
    busy: tooManyRequests,
    mayAnswerAt,
    status: work.status,
    observe: (subject, carried) => observeRequest(platform, subject, carried),
    log,
  });
  app.connectMicroservice<MicroserviceOptions>({ strategy: requests }, inherit);
  await app.startAllMicroservices();
  platform.health.role = 'active';
  log('info', 'service is ready', { version });
  onStop(async () => {
    log('info', 'service is stopping', {});
    await app.close();
    await work.stop?.();
    await nats.drain().catch(() => undefined);
    await pool.end().catch(() => undefined);
    await platform.closeTelemetry();
  });
  return app;
};

const STOP_WITHIN_MS = 10_000;

/** Runs the work once, and exits, on SIGTERM, SIGINT, or when the supervisor that holds our standard input is gone. */
export const onStop = (work: () => Promise<void>): void => {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    work().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (isSupervised()) process.stdin.off('end', leave).on('end', stop).on('error', stop).resume();
};

/** A supervisor holds the other end of our standard input. */
const isSupervised = (): boolean => process.env['VFLEET_SUPERVISED'] === '1';
const leave = (): never => process.exit(1);

const BAD_CONFIGURATION = 78;

/** Runs a service's main function; what it cannot start for is told in one line, with exit code 78 for settings. */
export const runMain = (main: () => Promise<unknown>): void => {
  // While it waits for its servers or its turn a service has nothing to finish, so it just goes with its supervisor.
  if (isSupervised()) process.stdin.on('end', leave).resume();
  main().catch((error: unknown) => {
    const { message, stack } = error as Error;
    const configured = error instanceof BadConfiguration;
    process.stderr.write(`${configured ? message : (stack ?? message)}\n`);
    process.exit(configured ? BAD_CONFIGURATION : 1);
  });
};
