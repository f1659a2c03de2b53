import { ApiError } from '@vfleet/contracts';
import type { Intent } from './domain/intents.js';
import type { SagaCommandIn } from './domain/saga.decider.js';
import { hasEnded, type Saga } from './domain/saga.js';
import { whyNotLate, type LateParties } from './late-order.js';
import type { Agents } from './outbound/agents.js';
import type { PlatformAdapter } from './outbound/platform-adapter.js';

export interface MoveParties extends LateParties {
  readonly agents: Agents;
  readonly platform: PlatformAdapter;
}

/** Something to be heard, without the time at which it is. */
export type Told<Command> = Command extends { readonly now: string } ? Omit<Command, 'now'> : never;

/** Does once what a move needs; what comes of it, where that is not told by a fact. */
export const carryOutMove = async (parties: MoveParties, saga: Saga, intent: Intent): Promise<Told<SagaCommandIn> | undefined> => {
  const { allocator, agents, platform } = parties;
  const { migrationId, vmId } = saga;
  switch (intent.type) {
    case 'Plan':
      return orRefused(async () => ({ type: 'Planned', plan: await allocator.ask('moves.plan', { migrationId, vmId, ...saga.wanted }) }));
    case 'Send': {
      const wrong = hasEnded(saga) ? await whyNotLate(parties, saga, intent.command) : undefined;
      if (wrong) return { type: 'Answered', outcome: { commandId: intent.command.commandId, kind: 'failed', ...wrong } };
      await agents.send(saga, intent.command);
      return undefined;
    }
    case 'AskPlatform': {
      const message = await platform.migrate(saga);
      return message === undefined ? undefined : { type: 'MoveFailed', message };
    }
    case 'Replace': {
      const { requestName, sourceDeviceId, deviceId, tried } = intent;
      const ids = tried.map((id) => ({ deviceId: id }));
      const { device } = await allocator.ask('moves.replace', { migrationId, vmId, requestName, sourceDeviceId, tried: ids });
      return { type: 'Replaced', requestName, previousDeviceId: deviceId, device };
    }
    case 'Settle':
      await allocator.ask('moves.settle', { migrationId, vmId, at: intent.at });
      return { type: 'Settled', at: intent.at };
  }
};

/** Ends that a VM's move may have come to without a word that was heard. */
const OVER: ReadonlySet<string> = new Set(['stopped', 'destroyed', 'crashed', 'error']);

/** Where the allocator has last seen a VM for which a move waits, where that ends the waiting. */
export const lookForVm = async ({ allocator }: MoveParties, { vmId, targetHostId }: Saga): Promise<Told<SagaCommandIn> | undefined> => {
  const { state = 'unknown', hostId } = await allocator.ask('vms.inspect', { vmId });
  const tells = state === 'running' ? hostId === targetHostId : OVER.has(state);
  return tells ? { type: 'VmSeen', state, ...(hostId !== undefined && { hostId }), receivedAt: '' } : undefined;
};

/** What is wrong with the request itself is an answer; everything else is tried again. */
export const isRefusal = (error: unknown): error is ApiError => error instanceof ApiError && error.status >= 400 && error.status < 429;

const orRefused = async (work: () => Promise<Told<SagaCommandIn>>): Promise<Told<SagaCommandIn>> => {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error)) return { type: 'Reject', code: error.code, message: error.message };
    throw error;
  }
};
