import { Journal } from '@vfleet/journal';
import { announceStandby } from '@vfleet/messaging';
import { Ownership, inboundStream, kickRelay, onSighting, openPlatform, readSettings, runMain, startService } from '@vfleet/service-kit';
import { VERSION, migratorSettings } from './config.js';
import { Deadlines } from './deadlines.js';
import { isHotplug, type Undertaking } from './domain/undertaking.js';
import { Hotplugs } from './hotplugs.js';
import { decodeFact } from './inbound/decode-fact.js';
import { MigratorModule } from './migrator.module.js';
import { Moves } from './moves.js';
import { Agents } from './outbound/agents.js';
import { Allocator } from './outbound/allocator.js';
import { PlatformAdapter } from './outbound/platform-adapter.js';
import { Runner } from './runner.js';
import { takeSighting } from './sightings.js';
import { SagaDesk } from './saga-desk.js';
import { SagaMemory } from './saga-memory.js';
import { SagaWatch } from './saga-watch.js';

const DESCRIPTION = 'moves virtual machines together with their devices';
/** Rows of migrations that have ended are of no use to a new owner. */
const FORGET_AFTER_DAYS = 1;
const FORGET_EVERY_MS = 3_600_000;

runMain(async () => {
  const platform = await openPlatform('migrator', VERSION, readSettings(migratorSettings));
  const { log, nats, pool, metrics, tracing } = platform;
  const journal = new Journal(pool);
  const memory = new SagaMemory(journal);
  const onLost = (error: Error): never => {
    log('error', 'this instance must not decide any more', { error: error.message });
    process.exit(1);
  };
  let announced: Promise<() => Promise<void>> | undefined;
  const onStandby = (): void => {
    announced = announceStandby(nats, { service: 'vfleet-migrator', version: VERSION, description: 'takes over when the active migrator ends' });
    announced.catch((error: unknown) => log('warn', 'nobody is told that this instance stands by', { error: (error as Error).message }));
  };
  const ownership = new Ownership({ platform, follow: () => memory.follow(), onStandby, onLost });
  const { fence } = await ownership.acquired();

  const allocator = new Allocator(nats);
  const moves = new Moves(() => desk);
  const hotplugs = new Hotplugs(() => desk, allocator);
  const runner = new Runner({
    allocator,
    agents: new Agents(nats),
    platform: new PlatformAdapter(nats),
    desk: () => desk,
    newest: (migrationId) => memory.get(migrationId)?.undertaking,
    traceOf: (migrationId) => memory.get(migrationId)?.traceparent,
    activeOf: (vmId) => memory.get(memory.activeOf(vmId) ?? '')?.undertaking,
    onRefused: (operationId, error) => hotplugs.refused(operationId, error),
    log,
  });
  const onChanged = (undertaking: Undertaking): void => {
    if (isHotplug(undertaking)) hotplugs.look(undertaking);
    else moves.look(undertaking);
    runner.look(undertaking);
  };
  const watch = new SagaWatch({ metrics, tracing });
  const desk: SagaDesk = new SagaDesk({
    journal,
    memory,
    fence: () => ownership.fence,
    onCommit: () => kickRelay(nats),
    onChanged,
    onLost,
    log,
    watch,
  });
  metrics.gauge('vfleet_commit_queue_commands', () => desk.depth);
  metrics.gauge('vfleet_migrations_active', () => memory.active);
  const deadlines = new Deadlines(memory, desk);

  await startService({
    platform,
    module: MigratorModule.with({ desk, memory, moves, hotplugs, allocator }),
    description: DESCRIPTION,
    prepare: async () => {
      void announced?.then((end) => end()).catch(() => undefined);
      deadlines.start();
      onSighting(nats, (sighting) => void takeSighting({ desk, memory }, sighting).catch(() => undefined));
      const forgetting = setInterval(() => void journal.forgetMarks('migration:', 'due', FORGET_AFTER_DAYS).catch(() => undefined), FORGET_EVERY_MS);
      for (const migrationId of memory.open()) runner.look(memory.get(migrationId)?.undertaking as Undertaking);
      return {
        facts: {
          stream: inboundStream(),
          durable: 'migrator',
          generation: fence,
          decode: decodeFact,
          isHopeless: () => false,
          deadLetter: () => Promise.resolve(),
        },
        requests: { queue: `vfleet-migrator-${fence}`, admit: () => ownership.confirm() },
        status: () => ({ role: 'active', waiting: desk.depth, migrations: memory.open().size }),
        stop: async () => {
          clearInterval(forgetting);
          deadlines.stop();
          runner.stop();
          await desk.drain();
          await ownership.release();
        },
      };
    },
  });
});
