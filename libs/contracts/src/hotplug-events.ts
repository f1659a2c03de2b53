import { IsBoolean, IsIn } from 'class-validator';
import { IsDeviceId, Many, One, Optional, Text, Time, Token, Whole } from './fields.js';
import { DeviceRequest, MigrationDeadlines } from './request.js';
import { VM_STATES, type VmState } from './vm-facts.js';

export const HOTPLUG_VERBS = ['attach', 'detach'] as const;
export type HotplugVerb = (typeof HOTPLUG_VERBS)[number];

export const HOTPLUG_PLACES = ['attached', 'unplugged', 'unknown'] as const;

/** One device that is plugged or unplugged, and where it is. */
export class HotplugDevice {
  @Text(256) requestName!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  /** Goes along with its IOMMU group. */
  @Optional() @IsBoolean() affected?: boolean;
  @Optional() @Text(64) mac?: string;
  @Optional() @Whole(0, 4095) vlan?: number;
  /** As its agent has told last; `unknown` where it was told to plug it in, and has not said what came of it. */
  @IsIn([...HOTPLUG_PLACES]) where!: (typeof HOTPLUG_PLACES)[number];
}

/** `migrationId` is the operation's own: its orders to agents are written down by the events that those of a move have. */
class HotplugEvent {
  @Text(128) migrationId!: string;
  @Token() vmId!: string;
}
export class HotplugRequestedEvent extends HotplugEvent {
  @IsIn([...HOTPLUG_VERBS]) verb!: HotplugVerb;
  /** What is to be attached. */
  @Optional() @Many(() => DeviceRequest) devices?: DeviceRequest[];
  /** What is to be detached. */
  @Optional() @Text(256) requestName?: string;
  @Optional() @IsDeviceId() deviceId?: string;
  @Time() requestedAt!: string;
}
/** Nothing has changed. */
export class HotplugRejectedEvent extends HotplugEvent {
  @Text(64) code!: string;
  @Text(4096) message!: string;
}
/** It is known which devices it is about; what is to be attached is held. */
export class HotplugStartedEvent extends HotplugEvent {
  @Token() hostId!: string;
  @IsIn([...HOTPLUG_VERBS]) verb!: HotplugVerb;
  /** Otherwise nothing is plugged, and nothing unplugged. */
  @IsBoolean() running!: boolean;
  @Many(() => HotplugDevice) devices!: HotplugDevice[];
  @One(() => MigrationDeadlines) deadlines!: MigrationDeadlines;
}
/** It cannot be done: everything goes back to where it was. */
export class HotplugUndoingEvent extends HotplugEvent {
  @Text(64) code!: string;
  @Text(4096) message!: string;
}
/** The VM has ended meanwhile, or runs elsewhere: nothing is plugged into it any more. */
export class HotplugVmEndedEvent extends HotplugEvent {
  @IsIn([...VM_STATES]) state!: VmState;
}
export class HotplugCompletedEvent extends HotplugEvent {
  @Token() hostId!: string;
  @IsIn([...HOTPLUG_VERBS]) verb!: HotplugVerb;
  @Many(() => HotplugDevice) devices!: HotplugDevice[];
  @Time() at!: string;
}
/** It was undone as far as that is possible: every device, and where it is. What is not `unplugged` is held. */
export class HotplugFailedEvent extends HotplugEvent {
  @Token() hostId!: string;
  @IsIn([...HOTPLUG_VERBS]) verb!: HotplugVerb;
  @Text(64) code!: string;
  @Text(4096) message!: string;
  @Many(() => HotplugDevice) devices!: HotplugDevice[];
  @Time() at!: string;
}

/** Events of attaching and detaching, beside those of the orders to agents. */
export const HOTPLUG_EVENTS = {
  HotplugRequested: { context: 'migration', data: HotplugRequestedEvent },
  HotplugRejected: { context: 'migration', data: HotplugRejectedEvent },
  HotplugStarted: { context: 'migration', data: HotplugStartedEvent },
  HotplugUndoing: { context: 'migration', data: HotplugUndoingEvent },
  HotplugVmEnded: { context: 'migration', data: HotplugVmEndedEvent },
  HotplugCompleted: { context: 'migration', data: HotplugCompletedEvent },
  HotplugFailed: { context: 'migration', data: HotplugFailedEvent },
} as const;
