import { IsBoolean, IsIn } from 'class-validator';
import { IsDeviceId, Optional, Text, Token, Whole } from './fields.js';

/** Asks an agent to scan at once; with `full` it publishes every device again, and an attestation after them. */
export class ProbeHost {
  @Optional() @IsBoolean() full?: boolean;
}
export class HostProbed {
  @Whole() devices!: number;
  @Whole() changed!: number;
}

/** Plugs a device into a VM, or unplugs it. The same `commandId` again answers the same outcome. */
export class HostdevCommand {
  @Token() commandId!: string;
  @Optional() @Text(128) migrationId?: string;
  @Token() vmId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Optional() @Text(64) mac?: string;
  @Optional() @Whole(0, 4095) vlan?: number;
  /** Where the guest is to see it, or saw it. */
  @Optional() @Text(64) guestAddress?: string;
  @Whole(1, 86_400) deadlineSeconds!: number;
}
/** The outcome is a fact: `HostdevAttached`, `HostdevDetached` or `HostdevFailed`. */
export class HostdevAccepted {
  @Token() commandId!: string;
  @IsIn(['accepted']) state!: 'accepted';
}
export const HOSTDEV_VERBS = ['hostdev.attach', 'hostdev.detach'] as const;
export type HostdevVerb = (typeof HOSTDEV_VERBS)[number];

/** Asks for a number of VFs of a PF. Fewer than there are only while none of them is in use. */
export class SetVfs {
  @Text(64) address!: string;
  @Whole(0, 65_535) numVfs!: number;
}
/** How many VFs the PF has now. */
export class VfsSet {
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Whole(0, 65_535) numVfs!: number;
  @Whole(0, 65_535) totalVfs!: number;
}
