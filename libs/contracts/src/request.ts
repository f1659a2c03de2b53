import { AnyObject, Many, Optional, Text, Whole } from './fields.js';
import { Strict } from './schema.js';

/** Devices that a VM wants. What JSON Schema cannot say of it, `parseRequests` of the pci library checks. */
@Strict()
export class DeviceRequest {
  @Optional() @Text(128) name?: string;
  @Optional() @Text() device?: string;
  @Optional() @AnyObject() match?: Record<string, unknown>;
  @Optional() @Whole(1, 64) count?: number;
}

/** A reason that ruled devices out, how many, and one of them. */
export class UnmetReason {
  @Text(64) code!: string;
  @Whole() count!: number;
  @Optional() @Text() example?: string;
}

/** Why one request is not served. */
export class UnmetRequest {
  @Text(256) requestName!: string;
  @Whole() asked!: number;
  @Whole() matched!: number;
  @Whole() free!: number;
  @Many(() => UnmetReason) reasons!: UnmetReason[];
}
