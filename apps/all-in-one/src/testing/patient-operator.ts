import { ask, Refused, until, type MoveEvent, type MoveWatch } from '@vfleet/testing';
import type { NatsConnection } from '@nats-io/transport-node';

/** A move that is tried so often will not come right. */
const MOST_RETRIES = 20;
const PATIENCE_MS = 180_000;
const ENDS: ReadonlySet<string> = new Set(['MigrationCompleted', 'MigrationRolledBack', 'MigrationFailed', 'MigrationRejected']);

/** Has VMs moved, and those moves tried again that only an operator can help. */
export class PatientOperator {
  constructor(
    private readonly nats: NatsConnection,
    private readonly watch: MoveWatch,
  ) {}

  /** Moves a VM to the first host that takes it; how that ended at last. */
  async move(vmId: string, targets: () => string): Promise<MoveEvent> {
    for (;;) {
      const migrationId = await this.watch.start(vmId, targets()).catch(refused);
      const end = migrationId === undefined ? undefined : await this.endOf(migrationId);
      if (end && end.name !== 'MigrationRejected') return end;
    }
  }

  private async endOf(migrationId: string): Promise<MoveEvent> {
    for (let tries = 0; ; tries += 1) {
      const failures = this.failures(migrationId);
      const end = await until(`the end of ${migrationId}`, () => this.newestEnd(migrationId), PATIENCE_MS);
      if (end.name !== 'MigrationFailed' || tries === MOST_RETRIES) return end;
      await ask(this.nats, 'migrations.retry', { migrationId }).catch(refused);
      const known = Math.max(failures, 1);
      const goneOn = (): boolean => this.failures(migrationId) > known || this.newestEnd(migrationId)?.name !== 'MigrationFailed';
      await until(`another end of ${migrationId}`, goneOn, PATIENCE_MS);
    }
  }

  private newestEnd(migrationId: string): MoveEvent | undefined {
    return this.watch.of(migrationId).findLast(({ name }) => ENDS.has(name));
  }

  private failures(migrationId: string): number {
    return this.watch.of(migrationId).filter(({ name }) => name === 'MigrationFailed').length;
  }
}

/** A refusal is an answer. */
const refused = (error: unknown): undefined => {
  if (!(error instanceof Refused)) throw error;
};
