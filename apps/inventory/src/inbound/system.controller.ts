import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { jetstreamManager } from '@nats-io/jetstream';
import { Nothing, STREAMS, type SystemStatus } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { REQUESTS } from '@vfleet/messaging';
import { InjectPlatform, type Platform } from '@vfleet/service-kit';
import { findServices } from '../outbound/services.js';
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
  async status(@Payload() _: Nothing): Promise<SystemStatus> {
    // The stream is looked at before the journal: a sequence that is above the position then is no matter of timing.
    const [services, streamSequence] = await Promise.all([findServices(this.platform.nats), this.streamSequence()]);
    const readings = { services, streamSequence, journalPosition: await this.journal.head() };
    return judgeSystem({ ...readings, ...(await this.times(unreadPositions(readings))) });
  }

  private async streamSequence(): Promise<number | null> {
    try {
      const manager = await jetstreamManager(this.platform.nats, { timeout: STREAM_TIMEOUT_MS, checkAPI: false });
      return (await manager.streams.info(STREAMS.EVT.name)).state.last_seq;
    } catch {
      return null;
    }
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
