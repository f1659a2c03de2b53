import { UnacceptableFact } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { announceStandby } from '@vfleet/messaging';
import { DeadLetterOffice, Ownership, inboundStream, onRelayKick, openPlatform, runMain, startService } from '@vfleet/service-kit';
import { AllocatorModule } from './allocator.module.js';
import { readConfig } from './config.js';
import { DeskWatch } from './desk-watch.js';
import { Desk, Undecidable } from './desk.js';
import { FleetMemory } from './fleet-memory.js';
import { FleetHistory } from './fleet-history.js';
import { decodeFact, saidOfRefusal, vmOfUnacceptable } from './inbound/decode-fact.js';
import { Liveness } from './liveness.js';
import { HostProbe } from './outbound/probe-host.js';
import { lookAhead } from './look-ahead.js';
import { openRelay } from './open-relay.js';
import { PendingReleases } from './pending-releases.js';

const VERSION = '0.1.0';

/** Longer than the stream of facts keeps a message: what is forgotten cannot come again. */
const FORGET_RECEIVED_DAYS = 8;
const FORGET_EVERY_MS = 3_600_000;

const main = async (): Promise<void> => {
  const config = readConfig();
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
    announced = announceStandby(nats, { service: 'vfleet-allocator', version: VERSION, description: 'takes over when the active allocator ends' });
    announced.catch((error: unknown) => log('warn', 'nobody is told that this instance stands by', { error: (error as Error).message }));
  };
  const pending = new PendingReleases(memory.settled);
  metrics.gauge('vfleet_releases_pending', () => pending.count);
  metrics.gauge('vfleet_release_pending_oldest_seconds', () => pending.oldest(Date.now()));
  const history = new FleetHistory(journal, memory, pending);
  const ownership = new Ownership({ platform, follow: () => history.follow(), takeOver: () => history.takeOver(), onStandby, onLost: lost });
  const { fence } = await ownership.acquired();

  const relay = openRelay(platform);
  const probe = new HostProbe(nats, log);
  const desk = new Desk({
    journal,
    memory,
    fence: () => ownership.fence,
    halted: () => relay.halt,
    onCommit: (events) => relay.offer(events),
    onEffect: ({ hostId }) => probe.ask(hostId),
    onLost: lost,
    log,
    watch: new DeskWatch({ metrics, tracing, pending }),
    maxWaiting: config.maxWaiting,
  });
  metrics.gauge('vfleet_commit_queue_commands', () => desk.depth);
  const liveness = new Liveness(memory, desk, nats);
  const office = new DeadLetterOffice(platform);

  await startService({
    platform,
    module: AllocatorModule.with(desk, memory),
    description: 'decides who gets which device',
    prepare: async () => {
      await office.open();
      void announced?.then((end) => end()).catch(() => undefined);
      relay.start();
      await relay.checked;
      onRelayKick(nats, () => relay.kick());
      liveness.start();
      void lookAhead(memory);
      const forgetting = setInterval(() => {
        journal
          .forgetReceived(FORGET_RECEIVED_DAYS)
          .catch((error: unknown) => log('warn', 'old messages cannot be forgotten for now', { error: (error as Error).message }));
      }, FORGET_EVERY_MS);
      return {
        facts: {
          stream: inboundStream(),
          durable: 'allocator',
          generation: fence,
          decode: decodeFact,
          isHopeless: (error) => error instanceof UnacceptableFact || error instanceof Undecidable,
          deadLetter: async (message, error) => {
            await office.keep(message, error instanceof UnacceptableFact ? error.code : 'INTERNAL', (error as Error).message);
            const vmId = vmOfUnacceptable(message);
            if (vmId === undefined) return;
            const command = { type: 'RefuseVmState', vmId, message: saidOfRefusal(error as Error) } as const;
            await desk.submit({ command, key: `refused:${message.delivery}`, causationId: message.delivery });
          },
        },
        requests: { queue: `vfleet-allocator-${fence}`, admit: () => ownership.confirm() },
        status: () => ({ role: 'active', position: relay.position, waiting: desk.depth }),
        stop: async () => {
          liveness.stop();
          clearInterval(forgetting);
          await desk.drain();
          await relay.stop();
          await ownership.release();
        },
      };
    },
  });
};

runMain(main);
