import { ApiError, PLATFORM_MIGRATE_SUBJECT, type MigrateVm } from '@vfleet/contracts';
import type { Saga } from '../domain/saga.js';
import type { Ask } from './ask-as-owner.js';

/** An adapter may answer when the move is over; whoever is slower is heard by the states of the VM. */
const TIMEOUT_MS = 60_000;

/** Whoever moves VMs, where somebody listens; a platform that does not listen moves them by itself. */
export class PlatformAdapter {
  constructor(private readonly ask: Ask) {}

  /** Why the platform will not move the VM; undefined when it will, or does not say. */
  async migrate({ migrationId, vmId, sourceHostId = '', targetHostId = '' }: Saga): Promise<string | undefined> {
    const request: MigrateVm = { migrationId, vmId, sourceHostId, targetHostId };
    try {
      await this.ask(PLATFORM_MIGRATE_SUBJECT, request, TIMEOUT_MS);
      return undefined;
    } catch (error) {
      return error instanceof ApiError && error.status !== 503 ? error.message : undefined;
    }
  }
}
