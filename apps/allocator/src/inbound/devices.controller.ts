import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { CordonOnHost, TagOnHost, internalSubject, type Nothing } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import type { DeviceCommand } from '../domain/device.decider.js';
import { expectAnswer, inTime } from './answers.js';

/** What operators say of single devices; the read side asks for them, and shows what has become of the device. */
@Controller()
export class DevicesController {
  constructor(private readonly desk: Desk) {}

  @MessagePattern(internalSubject('devices.cordon'), REQUESTS)
  cordon(@Payload() request: CordonOnHost): Promise<Nothing> {
    return this.submit({ type: 'CordonDevice', request });
  }

  @MessagePattern(internalSubject('devices.uncordon'), REQUESTS)
  uncordon(@Payload() request: CordonOnHost): Promise<Nothing> {
    return this.submit({ type: 'UncordonDevice', request });
  }

  @MessagePattern(internalSubject('devices.tag'), REQUESTS)
  tag(@Payload() request: TagOnHost): Promise<Nothing> {
    return this.submit({ type: 'TagDevice', request });
  }

  private async submit(command: DeviceCommand): Promise<Nothing> {
    expectAnswer(await inTime(this.desk.submit({ command })), 'nothing');
    return {};
  }
}
