import type { Log } from '@vfleet/messaging';
import { inTrace } from '@vfleet/telemetry';
import { carryOutHotplug, type HotplugParties } from './carry-out-hotplug.js';
import { carryOutMove, lookForVm, type MoveParties } from './carry-out-move.js';
import type { HotplugIntent } from './domain/hotplug-intents.js';
import type { Intent } from './domain/intents.js';
import type { Saga } from './domain/saga.js';
import type { UndertakingCommand } from './domain/undertaking.decider.js';
import { isHotplug, needsOf, type Undertaking, type UndertakingIntent } from './domain/undertaking.js';
import type { SagaDesk } from './saga-desk.js';

export interface RunnerParts extends MoveParties, HotplugParties {
  readonly desk: () => SagaDesk;
  /** Resolves while this instance is known to be the owner: nothing is asked for before that. */
  readonly confirm: () => Promise<void> | undefined;
  readonly newest: (migrationId: string) => Undertaking | undefined;
  /** W3C trace context under which one goes on. */
  readonly traceOf?: (migrationId: string) => string | undefined;
  readonly log: Log;
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;
/** An order that was taken is told again so often until its outcome is there: an agent may have lost it. */
const REMIND_MS = 5_000;

/** Asks for what moves and hot-plugs wait for, again and again until they do not wait for it any more. */
export class Runner {
  private readonly running = new Set<string>();
  private stopped = false;

  constructor(private readonly parts: RunnerParts) {}

  /** One has changed, or was found when this instance took over. */
  look(undertaking: Undertaking): void {
    for (const intent of needsOf(undertaking)) {
      const key = keyOf(undertaking, intent);
      if (this.running.has(key) || this.stopped) continue;
      this.running.add(key);
      void this.pursue(undertaking.migrationId, intent, key).finally(() => this.running.delete(key));
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async pursue(migrationId: string, intent: UndertakingIntent, key: string): Promise<void> {
    let wait = FIRST_WAIT_MS;
    let asked = false;
    while (!this.stopped) {
      try {
        await this.parts.confirm();
        const undertaking = this.parts.newest(migrationId);
        const still = undertaking && needsOf(undertaking).some((one) => keyOf(undertaking, one) === key);
        if (!undertaking || !still) return;
        const command =
          intent.type === 'AskPlatform' ? await this.waitForPlatform(undertaking as Saga, asked) : await this.carryOut(undertaking, intent);
        asked = true;
        if (command) await this.submit(migrationId, command);
        wait = command ? FIRST_WAIT_MS : REMIND_MS;
      } catch (error) {
        this.parts.log('warn', 'a VM has to wait', { migrationId, intent: intent.type, error: (error as Error).message, waitMs: wait });
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
    }
  }

  /** A platform is asked once, and may take its time to answer: a second order could start a second move. What it does is seen by its VM. */
  private async waitForPlatform(saga: Saga, asked: boolean): Promise<object | undefined> {
    if (asked) return lookForVm(this.parts, saga);
    void this.carryOut(saga, { type: 'AskPlatform' })
      .then((command) => command && this.submit(saga.migrationId, command))
      .catch((error: unknown) => this.parts.log('warn', 'the platform was asked in vain', { error: (error as Error).message }));
    return undefined;
  }

  private submit(migrationId: string, command: object): Promise<unknown> {
    return this.parts.desk().submit(migrationId, { now: new Date().toISOString(), ...command } as UndertakingCommand);
  }

  /** Does it once; what comes of it, where that is not told by a fact. */
  private carryOut(undertaking: Undertaking, intent: UndertakingIntent): Promise<object | undefined> {
    return inTrace(this.parts.traceOf?.(undertaking.migrationId), () =>
      isHotplug(undertaking)
        ? carryOutHotplug(this.parts, undertaking, intent as HotplugIntent)
        : carryOutMove(this.parts, undertaking, intent as Intent),
    );
  }
}

const keyOf = ({ migrationId }: Undertaking, intent: UndertakingIntent): string => `${migrationId} ${JSON.stringify(intent)}`;
