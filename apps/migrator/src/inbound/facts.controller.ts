import { Controller } from '@nestjs/common';
import { hostFactSubject, vmFactSubject, type Fact, type FactOf } from '@vfleet/contracts';
import { OnFact, type InboundFact } from '@vfleet/messaging';
import type { Outcome } from '../domain/outcomes.js';
import { SagaDesk } from '../saga-desk.js';
import { SagaMemory } from '../saga-memory.js';
import { takeSighting } from '../sightings.js';

/** What agents say of orders, and platforms of VMs. */
@Controller()
export class FactsController {
  constructor(
    readonly desk: SagaDesk,
    readonly memory: SagaMemory,
  ) {}

  @OnFact(hostFactSubject('*', '*'))
  async takeHostFact({ fact, message }: InboundFact<Fact | undefined>): Promise<void> {
    if (fact?.name !== 'HostdevAttached' && fact?.name !== 'HostdevDetached' && fact?.name !== 'HostdevFailed') return;
    // Orders are numbered within their migration; other orders are not ours.
    const [, migrationId] = /^(.+)-\d+$/.exec(fact.data.commandId) ?? [];
    if (migrationId === undefined) return;
    await this.desk.submit(migrationId, { type: 'Answered', outcome: outcomeOf(fact), now: new Date().toISOString() }, message.msgId);
  }

  @OnFact(vmFactSubject('*', '*'))
  async takeVmFact({ fact, message }: InboundFact<Fact | undefined>): Promise<void> {
    const now = new Date().toISOString();
    if (fact?.name === 'VmStateChanged') {
      const { vmId, state, hostId } = fact.data;
      await takeSighting(this, { vmId, state, hostId, receivedAt: message.receivedAt }, message.msgId);
    }
    if (fact?.name === 'VmMigrationFailed') {
      const migrationId = this.memory.activeOf(fact.data.vmId);
      if (migrationId === undefined || (fact.data.migrationId !== undefined && fact.data.migrationId !== migrationId)) return;
      await this.desk.submit(migrationId, { type: 'MoveFailed', message: fact.data.message, now }, message.msgId);
    }
  }
}

const outcomeOf = ({ name, data }: FactOf<'HostdevAttached' | 'HostdevDetached' | 'HostdevFailed'>): Outcome => {
  const { commandId, guestAddress, migrationBlockers }: FactOf<'HostdevDetached'>['data'] = data;
  if (name === 'HostdevFailed') return { commandId, kind: 'failed', code: data.code, message: data.message ?? 'the agent does not say why' };
  return {
    commandId,
    kind: name === 'HostdevAttached' ? 'attached' : 'detached',
    ...(guestAddress && { guestAddress }),
    ...(migrationBlockers && { migrationBlockers }),
  };
};
