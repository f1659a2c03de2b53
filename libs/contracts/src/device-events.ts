import { DeviceObservation, DeviceTags } from './device.js';
import { IsDeviceId, Nullable, One, Optional, Text, Time, Token, Whole } from './fields.js';

/** Which fact of the agent led to an event; a fact that is not newer than this is not applied again. */
export class Observed {
  @Text(64) epoch!: string;
  @Whole() sequence!: number;
  @Time() observedAt!: string;
}

class DeviceEvent {
  @Token() hostId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
}
class ObservedDeviceEvent extends DeviceEvent {
  @One(() => Observed) observed!: Observed;
}
class WholeDeviceEvent extends ObservedDeviceEvent {
  @One(() => DeviceObservation) device!: DeviceObservation;
}

export class DeviceDiscoveredEvent extends WholeDeviceEvent {}
export class DeviceChangedEvent extends WholeDeviceEvent {}
/** A device that had vanished while held is seen again. */
export class DeviceReturnedEvent extends WholeDeviceEvent {
  /** The VM that holds it, and finds it at this address. */
  @Optional() @Token() vmId?: string;
}
export class DeviceRenamedEvent extends ObservedDeviceEvent {
  @Nullable() @Text(256) previousName!: string | null;
  @Nullable() @Text(256) name!: string | null;
}
export class DeviceReaddressedEvent extends ObservedDeviceEvent {
  @Text(64) previousAddress!: string;
  /** The VM that holds it, and finds it at the new address. */
  @Optional() @Token() vmId?: string;
}
export class DeviceRemovedEvent extends ObservedDeviceEvent {
  @Text() reason!: string;
}
/** Vanished while held: it stays, with its holder, as missing. */
export class DeviceMissingEvent extends ObservedDeviceEvent {
  @Text() reason!: string;
  @Token() vmId!: string;
}
/** An operator's word: the device is given to nobody new, whoever holds it now. */
export class DeviceCordonedEvent extends DeviceEvent {
  @Optional() @Text() reason?: string;
}
export class DeviceUncordonedEvent extends DeviceEvent {
  @Optional() @Text() reason?: string;
}
/** What an operator changed; it goes before what the host's agent says of the same tags. Null: the device does not have the tag. */
export class DeviceTaggedEvent extends DeviceEvent {
  @DeviceTags() tags!: Record<string, string | null>;
}
