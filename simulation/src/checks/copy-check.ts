import type { Stream } from '../bus/stream.js';
import type { StoredEvent } from '../store/tables.js';
import type { Complain } from './log-check.js';

/** I7: the copy is the log, as far as it goes. */
export class CopyCheck {
  constructor(
    private readonly copy: Stream,
    private readonly events: () => readonly StoredEvent[],
    private readonly complain: Complain,
  ) {}

  /** A message has come. Where the log was cut short, nothing may follow what is not in it. */
  look(wasCutShort: boolean): void {
    const { last } = this.copy;
    if (wasCutShort) {
      if (this.isTrue(last) && !this.isTrue(last - 1)) this.complain('I7', `the copy goes on at ${last} behind what is not in the log`);
    } else if (!this.isTrue(last)) this.complain('I7', `the copy has something else at ${last} than the log`);
  }

  /** What is not in the log has been told of by now, or is not there. */
  demandAlarm(isAlarmed: boolean): void {
    if (!isAlarmed && !this.isTrue(this.copy.last)) this.complain('I7', 'nobody is told that the copy is ahead of the log');
  }

  /** Whether the copy has at a sequence what the log has there, as far as the copy has anything there. */
  private isTrue(sequence: number): boolean {
    const message = this.copy.get(sequence);
    return message === undefined || message.msgId === this.events()[sequence - 1]?.id;
  }
}
