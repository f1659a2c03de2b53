import type { NatsConnection } from '@nats-io/transport-node';
import type { ApiErrorBody, CloudEvent, DeviceList, InventoryAttested, StartedMigration } from '@vfleet/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, Refused } from '../load.js';
import { until } from '../until.js';

/** An event of a move. */
export interface MoveEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly migrationId: string; readonly vmId: string };
}

const ENDS: ReadonlySet<string> = new Set([
  'MigrationCompleted',
  'MigrationRolledBack',
  'MigrationCancelled',
  'MigrationFailed',
  'MigrationRejected',
]);
const PATIENCE_MS = 120_000;
const ANSWER_MS = 6_000;
const ASK_AGAIN_MS = 100;
const LOOK_MS = 10;

/** Hears everything about moves that goes over the bus. */
export class MoveWatch {
  readonly events: MoveEvent[] = [];
  /** Called with the subject of each message that has to do with hosts, VMs and moves. */
  onMessage: (subject: string, text: () => string) => void = () => undefined;
  private readonly attached = new Map<string, readonly string[]>();

  constructor(private readonly nats: NatsConnection) {
    nats.subscribe('vfleet.>', {
      callback: (_, message) => {
        const { subject } = message;
        if (subject.startsWith('vfleet.evt.migration.')) this.take(subject, message.json<CloudEvent<MoveEvent['data']>>());
        if (subject.endsWith('.InventoryAttested')) this.attest(message.json<InventoryAttested>());
        this.onMessage(subject, () => message.string());
      },
    });
  }

  /** The event of a migration, when it is there. */
  event(migrationId: string, name: string): Promise<MoveEvent> {
    const find = (): MoveEvent | undefined => this.of(migrationId).find((one) => one.name === name);
    return until(`${name} of ${migrationId}`, find, PATIENCE_MS);
  }

  /** The last event of a migration that has ended. */
  ended(migrationId: string): Promise<MoveEvent> {
    const find = (): MoveEvent | undefined => this.of(migrationId).findLast(({ name }) => ENDS.has(name));
    return until(`the end of ${migrationId}`, find, PATIENCE_MS);
  }

  /** The next attestation of a host. */
  async heard(hostId: string): Promise<void> {
    this.attached.delete(hostId);
    await until(`${hostId} to be heard`, () => this.attached.has(hostId), PATIENCE_MS);
  }

  of(migrationId: string): readonly MoveEvent[] {
    return this.events.filter(({ data }) => data.migrationId === migrationId);
  }

  /**
   * Asks for a move until it is journaled, be it that no answer comes; its id.
   * @throws Refused with the code of the refusal
   */
  async start(vmId: string, targetHostId: string): Promise<string> {
    const before = this.events.length;
    const requested = (): string | undefined =>
      this.events.slice(before).find(({ name, data }) => name === 'MigrationRequested' && data.vmId === vmId)?.data.migrationId;
    const noticed = new AbortController();
    const notice = this.noticed(requested, noticed.signal);
    try {
      for (;;) {
        const taken = await Promise.race([this.request(vmId, targetHostId), notice]);
        if (taken !== undefined) return taken;
        if (requested() === undefined) await delay(ASK_AGAIN_MS);
      }
    } finally {
      noticed.abort();
    }
  }

  /** Resolves when every device that one of the VMs holds is attached to it, and nothing else is: `<host> <VM>`, sorted. */
  async settled(hostIds: readonly string[], expected: readonly string[]): Promise<void> {
    const wanted = [...expected].sort().join(', ');
    let held: readonly string[] = [];
    let attached: readonly string[] = [];
    const agree = async (): Promise<boolean> => {
      held = (await this.held(hostIds)).sort();
      attached = hostIds.flatMap((hostId) => this.attached.get(hostId) ?? []).sort();
      return held.join() === attached.join() && held.map((one) => one.split(' ').slice(0, 2).join(' ')).join(', ') === wanted;
    };
    const differing = (): readonly string[] => [...held.filter((one) => !attached.includes(one)), ...attached.filter((one) => !held.includes(one))];
    const say = (): string =>
      [`held (${held.join(', ')}) and attached (${attached.join(', ')}) to be ${wanted}`, ...differing().map((one) => this.told(one))].join('\n');
    await until(say, agree, PATIENCE_MS);
  }

  /** What was heard of the moves of a VM that has, or has not, what it should: `<host> <VM> <address>`. */
  private told(one: string): string {
    const vmId = one.split(' ')[1];
    const moves = this.events.filter(({ data }) => data.vmId === vmId);
    return `${one}: ${moves.map(({ name, data }) => `${name} ${JSON.stringify(data)}`).join(', ')}`;
  }

  /** Undefined where nobody answers, or answers that it should be tried again. */
  private async request(vmId: string, targetHostId: string): Promise<string | undefined> {
    const body = JSON.stringify({ vmId, targetHostId });
    const reply = await this.nats.request('vfleet.api.migrations.start', body, { timeout: ANSWER_MS }).catch(() => undefined);
    const answer = reply?.json<Partial<StartedMigration & ApiErrorBody>>();
    const { code, details } = answer?.error ?? {};
    if (code === 'MIGRATION_IN_PROGRESS') return (details as StartedMigration).migrationId;
    if (code !== undefined && code !== 'UNAVAILABLE' && code !== 'TOO_MANY_REQUESTS') throw new Refused(code);
    return answer?.migrationId;
  }

  private async noticed(requested: () => string | undefined, signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const found = requested();
      if (found !== undefined) return found;
      await delay(LOOK_MS);
    }
    return undefined;
  }

  private async held(hostIds: readonly string[]): Promise<string[]> {
    const filter = { hostId: hostIds, state: ['held', 'releasing', 'missing'] };
    const { items } = await ask<DeviceList>(this.nats, 'devices.list', { filter, limit: 1_000 });
    return items.map(({ hostId, address, reservation }) => `${hostId} ${reservation?.vmId} ${address}`);
  }

  private take(subject: string, { data }: CloudEvent<MoveEvent['data']>): void {
    this.events.push({ name: subject.slice(subject.lastIndexOf('.') + 1), data });
  }

  private attest({ hostId, attachments }: InventoryAttested): void {
    if (attachments)
      this.attached.set(
        hostId,
        attachments.map(({ vmId, address }) => `${hostId} ${vmId} ${address}`),
      );
  }
}
