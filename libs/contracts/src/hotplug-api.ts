import { Reservation } from './api-vms.js';
import { ReservedDevice } from './vm-events.js';
import { IsDeviceId, Many, Nullable, One, Optional, Text, Token } from './fields.js';
import { DeviceRequest } from './request.js';

/** More devices for a VM, beside what it holds; on a running one they are plugged in. */
export class AttachToVm {
  @Token() vmId!: string;
  @Many(() => DeviceRequest) devices!: DeviceRequest[];
}
/** One request of a VM, or one device, is given back; on a running VM it is unplugged before. One of the two is said. */
export class DetachFromVm {
  @Token() vmId!: string;
  @Optional() @Text(256) requestName?: string;
  @Optional() @IsDeviceId() deviceId?: string;
}
/** What the VM holds afterwards. */
export class DetachedFromVm {
  @Token() vmId!: string;
  /** Null when nothing is left. */
  @Nullable() @One(() => Reservation) reservation!: Reservation | null;
  @Many(() => ReservedDevice) devices!: ReservedDevice[];
}

/** The requests about devices of VMs that may run, by what stands after `vfleet.api.`. */
export const HOTPLUG_API = {
  'vms.attach': { request: AttachToVm, reply: Reservation },
  'vms.detach': { request: DetachFromVm, reply: DetachedFromVm },
} as const;
