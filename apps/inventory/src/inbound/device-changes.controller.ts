import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { CordonDevice, TagDevice, type Device } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Allocator } from '../outbound/allocator.js';
import { DeviceRows } from './device-rows.js';

/** Takes what operators say of single devices to the allocator, which decides, and answers with what has become of the device. */
@Controller()
export class DeviceChangesController {
  constructor(
    private readonly rows: DeviceRows,
    private readonly allocator: Allocator,
  ) {}

  @MessagePattern('vfleet.api.devices.cordon', REQUESTS)
  async cordon(@Payload() request: CordonDevice): Promise<Device> {
    const { hostId } = await this.rows.present(request.deviceId);
    await this.allocator.change('devices.cordon', { ...request, hostId });
    return this.shown(request.deviceId);
  }

  @MessagePattern('vfleet.api.devices.uncordon', REQUESTS)
  async uncordon(@Payload() request: CordonDevice): Promise<Device> {
    const { hostId } = await this.rows.present(request.deviceId);
    await this.allocator.change('devices.uncordon', { ...request, hostId });
    return this.shown(request.deviceId);
  }

  @MessagePattern('vfleet.api.devices.tag', REQUESTS)
  async tag(@Payload() request: TagDevice): Promise<Device> {
    const { hostId } = await this.rows.present(request.deviceId);
    await this.allocator.change('devices.tag', { ...request, hostId });
    return this.shown(request.deviceId);
  }

  private async shown(deviceId: string): Promise<Device> {
    const [device] = await this.rows.show([await this.rows.afterChange(deviceId)]);
    return device as Device;
  }
}
