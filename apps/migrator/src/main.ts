import { mayAnswerAt } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { announceStandby } from '@vfleet/messaging';
import { Ownership, inboundStream, openPlatform, readSettings, runMain, startService } from '@vfleet/service-kit';
import { VERSION, migratorSettings } from './config.js';
import { decodeFact, HEARD_SUBJECTS } from './inbound/decode-fact.js';
import { MigratorModule } from './migrator.module.js';
import { openSagas } from './open-sagas.js';
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
    const description = 'takes over when the active migrator ends';
    announced = announceStandby(nats, { service: 'vfleet-migrator', version: VERSION, description, mayAnswerAt, log });
    announced.catch((error: unknown) => log('warn', 'nobody is told that this instance stands by', { error: (error as Error).message }));
  };
  const ownership = new Ownership({ platform, follow: () => memory.follow(), onStandby, onLost });
  const { fence } = await ownership.acquired();

  const watch = new SagaWatch({ metrics, tracing });
  const sagas = openSagas({ platform, journal, memory, ownership, onLost, watch });
  const { desk, moves, hotplugs, allocator } = sagas;
  metrics.gauge('vfleet_commit_queue_commands', () => desk.depth);
  metrics.gauge('vfleet_migrations_active', () => memory.active);

  await startService({
    platform,
    module: MigratorModule.with({ desk, memory, moves, hotplugs, allocator }),
    description: DESCRIPTION,
    prepare: async () => {
      void announced?.then((end) => end()).catch(() => undefined);
      sagas.begin();
      const forgetting = setInterval(() => void journal.forgetMarks('migration:', 'due', FORGET_AFTER_DAYS).catch(() => undefined), FORGET_EVERY_MS);
      return {
        facts: {
          stream: inboundStream(platform),
          durable: 'migrator',
          subjects: HEARD_SUBJECTS,
          generation: fence,
          confirm: () => ownership.confirm(),
          decode: decodeFact,
          isHopeless: () => false,
          deadLetter: () => Promise.resolve(),
        },
        requests: { queue: `vfleet-migrator-${fence}`, admit: () => ownership.confirm() },
        status: () => ({ role: 'active', waiting: desk.depth, migrations: memory.open().size }),
        stop: async () => {
          clearInterval(forgetting);
          await sagas.end();
          await ownership.release();
        },
      };
    },
  });
});
