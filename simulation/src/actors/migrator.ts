import { Deadlines } from '@vfleet/migrator/deadlines';
import { isHotplug, type Undertaking } from '@vfleet/migrator/domain/undertaking';
import { Hotplugs } from '@vfleet/migrator/hotplugs';
import { decodeFact } from '@vfleet/migrator/inbound/decode-fact';
import { FactsController } from '@vfleet/migrator/inbound/facts.controller';
import { Moves } from '@vfleet/migrator/moves';
import { Agents } from '@vfleet/migrator/outbound/agents';
import { Allocator } from '@vfleet/migrator/outbound/allocator';
import { PlatformAdapter } from '@vfleet/migrator/outbound/platform-adapter';
import { Runner } from '@vfleet/migrator/runner';
import { SagaDesk } from '@vfleet/migrator/saga-desk';
import { SagaMemory } from '@vfleet/migrator/saga-memory';
import { takeSighting } from '@vfleet/migrator/sightings';
import type { Fact, StartMigration } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import type { InboundFact } from '@vfleet/messaging';
import { Ownership, kickRelay, onSighting } from '@vfleet/service-kit';
import type { Link } from '../bus/bus.js';
import { consumeFacts } from '../bus/facts-consumer.js';
import type { Life } from '../time/life.js';
import { platformOf, type Surroundings } from './process.js';

/** One process of the migrator. */
export interface RunningMigrator {
  readonly life: Life;
  readonly memory: SagaMemory;
}

interface Parts {
  readonly desk: SagaDesk;
  readonly memory: SagaMemory;
  readonly moves: Moves;
  readonly hotplugs: Hotplugs;
}

/** Starts one, as its `main` does; when it must not decide any more its life ends. */
export const startMigrator = (surroundings: Surroundings, name: string): RunningMigrator => {
  const { world, bus } = surroundings;
  const life = world.begin(name);
  const link: Link = { cut: false };
  const platform = platformOf(surroundings, 'migrator', life, link);
  const { nats, log } = platform;
  const journal = new Journal(platform.pool);
  const memory = new SagaMemory(journal);
  const onLost = (error: Error): void => {
    log('error', 'must not decide any more', { error: error.message });
    life.end();
  };
  const ownership = new Ownership({ platform, follow: () => memory.follow(), onStandby: () => undefined, onLost });
  const open = async (): Promise<void> => {
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
      activeOf: (vmId) => memory.get(memory.activeOf(vmId) ?? '')?.undertaking,
      onRefused: (operationId, error) => hotplugs.refused(operationId, error),
      log,
    });
    const onChanged = (undertaking: Undertaking): void => {
      if (isHotplug(undertaking)) hotplugs.look(undertaking);
      else moves.look(undertaking);
      runner.look(undertaking);
    };
    const desk: SagaDesk = new SagaDesk({ journal, memory, fence: () => ownership.fence, onCommit: () => kickRelay(nats), onChanged, onLost, log });
    new Deadlines(memory, desk).start();
    onSighting(nats, (sighting) => void takeSighting({ desk, memory }, sighting).catch(() => undefined));
    for (const migrationId of memory.open()) runner.look(memory.get(migrationId)?.undertaking as Undertaking);
    hearFacts(surroundings, life, fence, { desk, memory });
    serve(bus, life, link, { desk, memory, moves, hotplugs }, ownership);
  };
  world.as(life, () => void open());
  return { life, memory };
};

const hearFacts = ({ bus }: Surroundings, life: Life, fence: number, { desk, memory }: Pick<Parts, 'desk' | 'memory'>): void => {
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
