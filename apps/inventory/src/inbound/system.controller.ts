import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { jetstreamManager } from '@nats-io/jetstream';
import { GetStatus, STREAMS, type StreamCheck, type SystemChecks, type SystemStatus } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { REQUESTS } from '@vfleet/messaging';
import { InjectPlatform, type Platform } from '@vfleet/service-kit';
import { findServices } from '../outbound/services.js';
import { checkDeadLetters, checkDigests, checkJournal, checkProjections, checkReleases } from '../outbound/system-checks.js';
import { judgeSystem, unreadPositions } from './system-status.js';

/** A bus that does not answer within this is away, as far as a status goes. */
const STREAM_TIMEOUT_MS = 1_000;

/** Answers how the system is. */
@Controller()
export class SystemController {
  constructor(
    @InjectPlatform() private readonly platform: Platform,
    private readonly journal: Journal,
  ) {}

  @MessagePattern('vfleet.api.system.status', REQUESTS)
  async status(@Payload() { checks = false }: GetStatus): Promise<SystemStatus> {
    // The stream is looked at before the journal: a sequence that is above the position then is no matter of timing.
    const [services, stream] = await Promise.all([findServices(this.platform.nats), this.stream()]);
    const readings = { services, streamSequence: stream?.lastSequence ?? null, journalPosition: await this.journal.head() };
    const status = judgeSystem({ ...readings, ...(await this.times(unreadPositions(readings))) });
    return checks ? { ...status, checks: await this.check(status.journalPosition, stream) } : status;
  }

  private async stream(): Promise<StreamCheck | null> {
    try {
      const manager = await jetstreamManager(this.platform.nats, { timeout: STREAM_TIMEOUT_MS, checkAPI: false });
      const { first_seq, last_seq, messages } = (await manager.streams.info(STREAMS.EVT.name)).state;
      return { firstSequence: first_seq, lastSequence: last_seq, missing: Math.max(0, last_seq - first_seq + 1 - messages) };
    } catch {
      return null;
    }
  }

  private async check(head: number, stream: StreamCheck | null): Promise<SystemChecks> {
    const { pool } = this.platform;
    const [journal, projections, deadLetters, releasing, diverged] = await Promise.all([
      checkJournal(pool, head),
      checkProjections(pool, head),
      checkDeadLetters(pool),
      checkReleases(pool),
      checkDigests(pool),
    ]);
    return { journal, stream, projections, deadLetters, releasing, diverged };
  }

  private async times(positions: readonly number[]): Promise<{ readonly now: number; readonly recordedAt: ReadonlyMap<number, number> }> {
    const { rows } = await this.platform.pool.query<{ now: Date; position: string | null; recorded_at: Date }>(
      'select clock_timestamp() as now, position, recorded_at from (select) one left join journal.events on position = any($1)',
      [positions],
    );
    const recordedAt = new Map(
      rows.flatMap(({ position, recorded_at }) => (position === null ? [] : [[Number(position), recorded_at.getTime()] as const])),
    );
    return { now: (rows[0] as { readonly now: Date }).now.getTime(), recordedAt };
  }
}
