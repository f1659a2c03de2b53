import { ApiError } from '@vfleet/contracts';
import type { Log } from '@vfleet/messaging';
import { intentsOf, type Intent } from './domain/intents.js';
import type { SagaCommandIn } from './domain/saga.decider.js';
import type { Saga } from './domain/saga.js';
import type { Agents } from './outbound/agents.js';
import type { Allocator } from './outbound/allocator.js';
import type { PlatformAdapter } from './outbound/platform-adapter.js';
import type { SagaDesk } from './saga-desk.js';

export interface RunnerParts {
  readonly allocator: Allocator;
  readonly agents: Agents;
  readonly platform: PlatformAdapter;
  readonly desk: () => SagaDesk;
  readonly newest: (migrationId: string) => Saga | undefined;
  readonly log: Log;
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;
/** An order that was taken is told again so often until its outcome is there: an agent may have lost it. */
const REMIND_MS = 5_000;

/** Asks for what sagas wait for, again and again until they do not wait for it any more. */
export class Runner {
  private readonly running = new Set<string>();
  private stopped = false;

  constructor(private readonly parts: RunnerParts) {}

  /** A saga has changed, or was found when this instance took over. */
  look(saga: Saga): void {
    for (const intent of intentsOf(saga)) {
      const key = `${saga.migrationId} ${JSON.stringify(intent)}`;
      if (this.running.has(key) || this.stopped) continue;
      this.running.add(key);
      void this.pursue(saga.migrationId, intent, key).finally(() => this.running.delete(key));
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async pursue(migrationId: string, intent: Intent, key: string): Promise<void> {
    let wait = FIRST_WAIT_MS;
    let asked = false;
    while (!this.stopped) {
      const saga = this.parts.newest(migrationId);
      const still = saga && intentsOf(saga).some((one) => `${migrationId} ${JSON.stringify(one)}` === key);
      if (!saga || !still) return;
      try {
        // A platform is asked once; it may take its time, and a second order could start a second move.
        const command = asked && intent.type === 'AskPlatform' ? undefined : await this.carryOut(saga, intent);
        asked = true;
        if (command) await this.parts.desk().submit(migrationId, { now: new Date().toISOString(), ...command } as SagaCommandIn);
        wait = command ? FIRST_WAIT_MS : REMIND_MS;
      } catch (error) {
        this.parts.log('warn', 'a migration has to wait', { migrationId, intent: intent.type, error: (error as Error).message, waitMs: wait });
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
    }
  }

  /** Does it once; what comes of it, where that is not told by a fact. */
  private async carryOut(saga: Saga, intent: Intent): Promise<object | undefined> {
    const { allocator, agents, platform } = this.parts;
    const { migrationId, vmId } = saga;
    switch (intent.type) {
      case 'Plan':
        return orRefused(async () => ({
          type: 'Planned',
          plan: await allocator.ask('moves.plan', { migrationId, vmId, ...saga.wanted }),
        }));
      case 'Send':
        await agents.send(saga, intent.command);
        return undefined;
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
  }
}

/** What is wrong with the request itself is an answer; everything else is tried again. */
const orRefused = async (work: () => Promise<object>): Promise<object> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 429) return { type: 'Reject', code: error.code, message: error.message };
    throw error;
  }
};
