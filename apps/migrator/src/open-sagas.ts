import type { Journal } from '@vfleet/journal';
import { kickRelay, onSighting, type Ownership, type Platform } from '@vfleet/service-kit';
import { Deadlines } from './deadlines.js';
import { isHotplug, type Undertaking } from './domain/undertaking.js';
import { Hotplugs } from './hotplugs.js';
import { Moves } from './moves.js';
import { Agents } from './outbound/agents.js';
import { Allocator } from './outbound/allocator.js';
import { askAsOwner } from './outbound/ask-as-owner.js';
import { PlatformAdapter } from './outbound/platform-adapter.js';
import { Runner } from './runner.js';
import { SagaDesk } from './saga-desk.js';
import type { SagaMemory } from './saga-memory.js';
import type { SagaWatch } from './saga-watch.js';
import { takeSighting } from './sightings.js';

export interface SagasOptions {
  readonly platform: Pick<Platform, 'nats' | 'log'>;
  readonly journal: Journal;
  readonly memory: SagaMemory;
  readonly ownership: Pick<Ownership, 'fence' | 'confirm'>;
  readonly onLost: (error: Error) => void;
  readonly watch?: SagaWatch;
}

/** What moves VMs and plugs devices, put together. */
export interface Sagas {
  readonly desk: SagaDesk;
  readonly moves: Moves;
  readonly hotplugs: Hotplugs;
  readonly allocator: Allocator;
  /** Takes up everything that waits. */
  begin(): void;
  /** Leaves it to the next start, once what is at work is written. */
  end(): Promise<void>;
}

/** Puts an owner's desk together with those whom it asks and those who wait for it. */
export const openSagas = ({ platform: { nats, log }, journal, memory, ownership, onLost, watch }: SagasOptions): Sagas => {
  const confirm = () => ownership.confirm();
  const ask = askAsOwner(nats, confirm);
  const allocator = new Allocator(ask);
  const moves = new Moves(() => desk);
  const hotplugs = new Hotplugs(() => desk, allocator);
  const runner = new Runner({
    allocator,
    agents: new Agents(ask),
    platform: new PlatformAdapter(ask),
    desk: () => desk,
    confirm,
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
  const fence = () => ownership.fence;
  const onCommit = (): void => kickRelay(nats);
  const desk: SagaDesk = new SagaDesk({ journal, memory, fence, onCommit, onChanged, onLost, log, ...(watch && { watch }) });
  const deadlines = new Deadlines(memory, desk);
  return {
    desk,
    moves,
    hotplugs,
    allocator,
    begin: () => {
      deadlines.start();
      onSighting(nats, (sighting) => void takeSighting({ desk, memory }, sighting).catch(() => undefined));
      for (const migrationId of memory.open()) runner.look(memory.get(migrationId)?.undertaking as Undertaking);
    },
    end: async () => {
      deadlines.stop();
      runner.stop();
      await desk.drain();
    },
  };
};
