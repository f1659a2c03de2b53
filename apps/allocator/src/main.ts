import { UnacceptableFact, mayAnswerAt } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { announceStandby } from '@vfleet/messaging';
import { DeadLetterOffice, Ownership, inboundStream, keepReplicas, onRelayKick, openPlatform, runMain, startService } from '@vfleet/service-kit';
import { AllocatorModule } from './allocator.module.js';
import { readConfig } from './config.js';
import { DeskWatch } from './desk-watch.js';
import { FleetMemory } from './fleet-memory.js';
import { FleetHistory } from './fleet-history.js';
import { fairShares } from './inbound/fair-shares.js';
import { takeFacts } from './inbound/take-facts.js';
import { Liveness } from './liveness.js';
import { lookAhead } from './look-ahead.js';
import { openDesk } from './open-desk.js';
import { openRelay } from './open-relay.js';
import { openSealer } from './open-sealer.js';
import { PendingReleases } from './pending-releases.js';
import { readSealKey } from './read-seal-key.js';

const VERSION = '0.1.0';

/** Longer than the stream of facts keeps a message: what is forgotten cannot come again. */
const FORGET_RECEIVED_DAYS = 8;
const FORGET_EVERY_MS = 3_600_000;

const main = async (): Promise<void> => {
  const config = readConfig();
  const sealKey = readSealKey(config.sealKeyFile);
  const platform = await openPlatform('allocator', VERSION, config);
  const { log, nats, pool, metrics, tracing } = platform;
  const journal = new Journal(pool);
  const memory = new FleetMemory();
  const lost = (error: Error): never => {
    // Whatever is in memory may be wrong now; the next start folds it anew.
    log('error', 'this instance must not decide any more', { error: error.message });
    process.exit(1);
  };
  let announced: Promise<() => Promise<void>> | undefined;
  const onStandby = (): void => {
    const description = 'takes over when the active allocator ends';
    announced = announceStandby(nats, { service: 'vfleet-allocator', version: VERSION, description, mayAnswerAt, log });
    announced.catch((error: unknown) => log('warn', 'nobody is told that this instance stands by', { error: (error as Error).message }));
  };
  const pending = new PendingReleases(memory.settled);
  metrics.gauge('vfleet_releases_pending', () => pending.count);
  metrics.gauge('vfleet_release_pending_oldest_seconds', () => pending.oldest(Date.now()));
  const history = new FleetHistory(journal, memory, pending);
  const ownership = new Ownership({ platform, follow: () => history.follow(), takeOver: () => history.takeOver(), onStandby, onLost: lost });
  const { fence } = await ownership.acquired();

  const relay = openRelay(platform);
  const sealer = openSealer(platform, config, sealKey);
  const watch = new DeskWatch({ metrics, tracing, pending });
  const desk = openDesk({ platform, journal, memory, ownership, relay, onLost: lost, watch, maxWaiting: config.maxWaiting });
  metrics.gauge('vfleet_commit_queue_commands', () => desk.depth);
  const liveness = new Liveness(memory, desk, nats);
  const office = new DeadLetterOffice(platform);

  await startService({
    platform,
    module: AllocatorModule.with(desk, memory, config),
    description: 'decides who gets which device',
    prepare: async () => {
      await office.open();
      void announced?.then((end) => end()).catch(() => undefined);
      relay.start();
      await relay.checked;
      onRelayKick(nats, () => relay.kick());
      const leaveReplicas = keepReplicas(platform);
      liveness.start();
      void lookAhead(memory);
      sealer?.start();
      const forgetting = setInterval(() => {
        journal
          .forgetReceived(FORGET_RECEIVED_DAYS)
          .catch((error: unknown) => log('warn', 'old messages cannot be forgotten for now', { error: (error as Error).message }));
      }, FORGET_EVERY_MS);
      return {
        facts: {
          stream: inboundStream(platform),
          generation: fence,
          confirm: () => ownership.confirm(),
          fairness: fairShares(config, metrics),
          ...takeFacts(desk, (message, error) =>
            office.keep(message, error instanceof UnacceptableFact ? error.code : 'INTERNAL', (error as Error).message),
          ),
        },
        requests: { queue: `vfleet-allocator-${fence}`, admit: () => ownership.confirm() },
        status: () => ({
          role: 'active',
          position: relay.position,
          waiting: desk.depth,
          ...(sealer && { sealOverdueSeconds: Math.floor(sealer.overdueSeconds) }),
        }),
        stop: async () => {
          liveness.stop();
          leaveReplicas();
          clearInterval(forgetting);
          await desk.drain();
          await relay.stop();
          await sealer?.stop();
          await ownership.release();
        },
      };
    },
  });
};

runMain(main);
