import { Observed } from './device-events.js';
import { One, Text, Time, Token, Whole } from './fields.js';
import { HostDescription } from './host-facts.js';

class HostEvent {
  @Token() hostId!: string;
}
export class HostOnlineEvent extends HostEvent {
  @One(() => HostDescription) host!: HostDescription;
  @One(() => Observed) observed!: Observed;
}
export class HostOfflineEvent extends HostEvent {
  @Text() reason!: string;
  @One(() => Observed) observed!: Observed;
}
export class HostStaleEvent extends HostEvent {
  @Time() lastSeenAt!: string;
}
export class HostRecoveredEvent extends HostEvent {
  @Time() lastSeenAt!: string;
}
/** The host takes no new VMs: an operator empties it. */
export class HostDrainingEvent extends HostEvent {}
export class HostUndrainedEvent extends HostEvent {}
/** What the agent attests differs from what the journal holds; the agent is asked for everything. */
export class InventoryDivergedEvent extends HostEvent {
  @Whole() attested!: number;
  @Whole() known!: number;
  /** The digest that the agent attested. */
  @Text(64) digest!: string;
}
