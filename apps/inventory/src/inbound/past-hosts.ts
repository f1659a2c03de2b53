import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Journal } from '@vfleet/journal';
import type { DeviceRules } from '@vfleet/pci';
import type { DataSource } from 'typeorm';
import { HostPicture, rulesOn, type ShownDevice } from '../read-model/host-picture.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { asKnown, subjectsOf } from '../read-model/known-event.js';
import { NOTHING_SAID, afterRuleEvent, isRuleEvent, rulesOf } from '../read-model/rule-changes.js';

const EVENTS_AT_ONCE = 1_000;

/** Hosts with their devices as they were at a position: made from the events of their streams by the steps that made their rows. */
@Injectable()
export class PastHosts {
  constructor(
    private readonly journal: Journal,
    @InjectDataSource() private readonly source: DataSource,
  ) {}

  /** What operators had said of devices at a position. */
  async rules(position: number): Promise<DeviceRules> {
    const rows = await this.source.query<{ readonly position: string }[]>(
      `select position from ${SCHEMA}.model_events where position <= $1 order by position`,
      [position],
    );
    let said = NOTHING_SAID;
    for (const recorded of await this.journal.readAt(rows.map((row) => Number(row.position)))) {
      const event = asKnown(recorded);
      if (event && isRuleEvent(event)) said = afterRuleEvent(said, event);
    }
    return rulesOf(said);
  }

  /** Every device that the host has had by then, removed ones included. */
  async devices(hostId: string, position: number, rules: DeviceRules): Promise<readonly ShownDevice[]> {
    const picture = new HostPicture(
      null,
      [],
      rulesOn(hostId, () => rules),
    );
    for (let version = 0; ;) {
      const events = await this.journal.readStream(`host-${hostId}`, version, EVENTS_AT_ONCE);
      const past = events.filter((event) => event.position <= position);
      for (const recorded of past) {
        const event = asKnown(recorded);
        if (event) picture.apply(event, subjectsOf(event).deviceIds);
      }
      if (past.length < EVENTS_AT_ONCE) return picture.settle().devices;
      version = past.at(-1)?.version as number;
    }
  }

  /** Hosts that have, or had, devices, in the order of lists. */
  async *hostIds(from: string, only: readonly string[] | undefined): AsyncIterable<string> {
    for (let last: string | undefined; ;) {
      const [row] = await this.source.query<{ readonly host_id: string }[]>(
        `select host_id from ${SCHEMA}.devices where ${last === undefined ? 'host_id >= $1' : 'host_id > $1'}
         and ($2::text[] is null or host_id = any($2)) order by host_id limit 1`,
        [last ?? from, only ?? null],
      );
      if (!row) return;
      yield row.host_id;
      last = row.host_id;
    }
  }
}
