import { decodeFact } from '@vfleet/migrator/inbound/decode-fact';
import { FactsController } from '@vfleet/migrator/inbound/facts.controller';
import { openSagas, type Sagas } from '@vfleet/migrator/open-sagas';
import type { SagaDesk } from '@vfleet/migrator/saga-desk';
import { SagaMemory } from '@vfleet/migrator/saga-memory';
import type { Fact, StartMigration } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import type { InboundFact } from '@vfleet/messaging';
import { Ownership } from '@vfleet/service-kit';
import { Link } from '../bus/link.js';
import { consumeFacts } from '../bus/facts-consumer.js';
import type { Life } from '../time/life.js';
import { platformOf, type Surroundings } from './process.js';

/** One process of the migrator. */
export interface RunningMigrator {
  readonly life: Life;
  /** Number of the owner that it is, or was. */
  readonly fence: () => number | undefined;
}

interface Parts extends Sagas {
  readonly memory: SagaMemory;
}

/** Starts one, as its `main` does; when it must not decide any more its life ends. */
export const startMigrator = (surroundings: Surroundings, name: string): RunningMigrator => {
  const { world, bus } = surroundings;
  const life = world.begin(name);
  const link = new Link();
  const platform = platformOf(surroundings, 'migrator', life, link);
  const { log } = platform;
  const journal = new Journal(platform.pool);
  const memory = new SagaMemory(journal);
  const onLost = (error: Error): void => {
    log('error', 'must not decide any more', { error: error.message });
    life.end();
  };
  const ownership = new Ownership({ platform, follow: () => memory.follow(), onStandby: () => undefined, onLost });
  const open = async (): Promise<void> => {
    const { fence } = await ownership.acquired();
    const sagas = openSagas({ platform, journal, memory, ownership, onLost });
    sagas.begin();
    hearFacts(surroundings, life, fence, sagas.desk, memory);
    serve(bus, life, link, { ...sagas, memory }, ownership);
  };
  world.as(life, () => void open());
  return { life, fence: () => ownership.fence?.fence };
};

const hearFacts = ({ bus }: Surroundings, life: Life, fence: number, desk: SagaDesk, memory: SagaMemory): void => {
  const facts = new FactsController(desk, memory);
  consumeFacts({
    bus,
    life,
    durable: 'migrator',
    generation: fence,
    decode: decodeFact,
    handle: (inbound: InboundFact<Fact | undefined>) =>
      inbound.message.subject.startsWith('vfleet.in.host.') ? facts.takeHostFact(inbound) : facts.takeVmFact(inbound),
    isHopeless: () => false,
    deadLetter: () => Promise.resolve(),
  });
};

const serve = (bus: Surroundings['bus'], life: Life, link: Link, { desk, memory, moves, hotplugs }: Parts, ownership: Ownership): void => {
  const admitted =
    <Body>(answer: (body: Body) => Promise<unknown>) =>
    async (body: Body): Promise<unknown> => {
      await ownership.confirm();
      return answer(body);
    };
  bus.serve(
    life,
    link,
    'vfleet.api.migrations.start',
    admitted((request: StartMigration) => moves.start(request)),
  );
  bus.serve(
    life,
    link,
    'vfleet.api.migrations.cancel',
    admitted(({ vmId }: { readonly vmId: string }) => desk.submit(memory.activeOf(vmId) ?? '', { type: 'Cancel', now: new Date().toISOString() })),
  );
  bus.serve(
    life,
    link,
    'vfleet.api.vms.attach',
    admitted(({ vmId, devices }: never) => hotplugs.attach(vmId, devices)),
  );
  bus.serve(
    life,
    link,
    'vfleet.api.vms.detach',
    admitted(({ vmId, requestName }: never) => hotplugs.detach(vmId, { requestName })),
  );
};
