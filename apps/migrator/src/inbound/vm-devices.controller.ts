import { Controller, type OnModuleDestroy } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { AttachToVm, DetachFromVm, invalidRequest, type DetachedFromVm, type Reservation } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Hotplugs } from '../hotplugs.js';

/** Devices for VMs that may run, without a move. The reply comes when they are plugged in, or unplugged. */
@Controller()
export class VmDevicesController implements OnModuleDestroy {
  constructor(private readonly hotplugs: Hotplugs) {}

  @MessagePattern('vfleet.api.vms.attach', REQUESTS)
  attach(@Payload() { vmId, devices }: AttachToVm): Promise<Reservation> {
    if (devices.length === 0) throw invalidRequest([{ field: 'devices', message: 'asks for nothing' }]);
    return this.hotplugs.attach(vmId, devices);
  }

  @MessagePattern('vfleet.api.vms.detach', REQUESTS)
  detach(@Payload() { vmId, ...which }: DetachFromVm): Promise<DetachedFromVm> {
    if ((which.requestName === undefined) === (which.deviceId === undefined))
      throw invalidRequest([{ field: 'requestName', message: 'or deviceId must stand, and only one of them' }]);
    return this.hotplugs.detach(vmId, which);
  }

  /** Before the transports close, which wait for every answer. */
  onModuleDestroy(): void {
    this.hotplugs.stop();
  }
}
