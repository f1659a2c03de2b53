import type { NatsConnection } from '@nats-io/transport-node';
import type { ApiErrorBody, CloudEvent, DeviceList, InventoryAttested } from '@vfleet/contracts';
import { until } from '@vfleet/testing';
import { ask } from './load.js';

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
    return until(
      `the end of ${migrationId}, of which was heard ${this.of(migrationId)
        .map(({ name }) => name)
        .join(', ')}`,
      find,
      PATIENCE_MS,
    );
  }

  of(migrationId: string): readonly MoveEvent[] {
    return this.events.filter(({ data }) => data.migrationId === migrationId);
  }

  /** Asks for a move once; resolves with its id when it is journaled, be it that no answer comes. */
  async start(vmId: string, targetHostId: string): Promise<string> {
    const before = this.events.length;
    const requested = (): string | undefined =>
      this.events.slice(before).find(({ name, data }) => name === 'MigrationRequested' && data.vmId === vmId)?.data.migrationId;
    const asking = async (): Promise<string | undefined> => {
      if (requested() === undefined)
        await this.nats.request('vfleet.api.migrations.start', JSON.stringify({ vmId, targetHostId }), { timeout: 6_000 });
      return requested();
    };
    return until(`the move of ${vmId} to be taken`, () => Promise.race([asking(), until('it', requested, PATIENCE_MS)]), PATIENCE_MS);
  }

  /** Asks for a move and expects that it is refused; with which code. */
  async refusal(vmId: string, targetHostId: string): Promise<string | undefined> {
    const reply = await this.nats.request('vfleet.api.migrations.start', JSON.stringify({ vmId, targetHostId }), { timeout: 6_000 });
    return reply.json<Partial<ApiErrorBody>>().error?.code;
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
    const say = (): string => `held (${held.join(', ')}) and attached (${attached.join(', ')}) to be ${wanted}`;
    await until('', agree, PATIENCE_MS).catch(() => Promise.reject(new Error(say())));
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
