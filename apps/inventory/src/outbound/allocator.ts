import { Injectable } from '@nestjs/common';
import { internalSubject, type INTERNAL } from '@vfleet/contracts';
import { InjectPlatform, ask, type Platform } from '@vfleet/service-kit';

type DeviceChange = 'devices.cordon' | 'devices.uncordon' | 'devices.tag';
type Request<Name extends DeviceChange> = InstanceType<(typeof INTERNAL)[Name]['request']>;

/** Longer than the allocator itself waits for its journal. */
const TIMEOUT_MS = 5_000;

/** What is changed is decided by the allocator alone. */
@Injectable()
export class Allocator {
  constructor(@InjectPlatform() private readonly platform: Platform) {}

  /**
   * Resolves when the change is committed.
   * @throws ApiError; 503 where no allocator decides
   */
  async change<Name extends DeviceChange>(name: Name, request: Request<Name>): Promise<void> {
    await ask(this.platform.nats, internalSubject(name), request, TIMEOUT_MS);
  }
}
