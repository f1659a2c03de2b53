import { Allow, IsBoolean, IsIn } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

import { AnyObject, Many, One, Optional, Text, TextMap, Texts, Whole } from './fields.js';
import { Strict } from './schema.js';

export const NUMA_POLICIES = ['required', 'socket', 'legacy', 'preferred'] as const;
export const PLACEMENTS = ['port', 'any', 'same-address'] as const;
export const MIGRATION_MODES = ['forbid', 'hotplug', 'live', 'cold'] as const;
export const MIGRATION_MATCHES = ['network', 'pf', 'selector', 'address'] as const;

/** The only text that a count may be. */
export const COUNT_ALL_PATTERN = '^all$';

/** 1 to 64, or `"all"`: every eligible matching device of the host. */
const CountOrAll = (): PropertyDecorator => {
  const schema = JSONSchema({ type: ['integer', 'string'], minimum: 1, maximum: 64, pattern: COUNT_ALL_PATTERN } as never) as PropertyDecorator;
  return (target, key) => [Allow(), schema].forEach((decorate) => decorate(target, key));
};

/** Seconds that the steps of a migration may take. */
@Strict()
export class MigrationDeadlines {
  @Optional() @Whole(1, 86_400) unplug?: number;
  @Optional() @Whole(1, 604_800) migrate?: number;
  @Optional() @Whole(1, 86_400) plug?: number;
}

/** How devices are taken along when their VM moves to another host. */
@Strict()
export class MigrationChoice {
  @Optional() @IsIn([...MIGRATION_MODES]) mode?: (typeof MIGRATION_MODES)[number];
  @Optional() @IsIn([...MIGRATION_MATCHES]) match?: (typeof MIGRATION_MATCHES)[number];
  @Optional() @IsBoolean() anyModel?: boolean;
  /** Address on the source to address on the target. */
  @Optional() @TextMap() addressMap?: Record<string, string>;
  @Optional() @IsBoolean() requireStandby?: boolean;
  @Optional() @IsIn(['reject', 'detach']) onNoTarget?: 'reject' | 'detach';
  @Optional() @One(() => MigrationDeadlines) deadlines?: MigrationDeadlines;
}

/** Devices that a VM wants. What JSON Schema cannot say of it, `parseRequests` of the pci library checks. */
@Strict()
export class DeviceRequest {
  /** Marker, unique within the VM, with which the devices that serve the request are found again. */
  @Optional() @Text(128) name?: string;
  /** An operator-given device name; several, comma-separated, ask for one device each. */
  @Optional() @Text() device?: string;
  @Optional() @Text(256) model?: string;
  @Optional() @Text(256) alias?: string;
  @Optional() @AnyObject() match?: Record<string, unknown>;
  /** In order of preference: the first that fits is used. */
  @Optional() @Many(() => DeviceRequest) firstAvailable?: DeviceRequest[];
  /** A CEL expression over `device`. */
  @Optional() @Text() where?: string;
  @Optional() @CountOrAll() count?: number | 'all';
  @Optional() @IsIn([...NUMA_POLICIES]) numaPolicy?: (typeof NUMA_POLICIES)[number];
  /** Attributes whose value must be the same for all devices of the request. */
  @Optional() @Texts() together?: string[];
  /** Attributes whose value must differ between the devices of the request. */
  @Optional() @Texts() apart?: string[];
  @Optional() @IsIn([...PLACEMENTS]) placement?: (typeof PLACEMENTS)[number];
  /** Overrides the policy for these devices. */
  @Optional() @One(() => MigrationChoice) migration?: MigrationChoice;
  /** Keep the reservation over stop and start. */
  @Optional() @IsBoolean() keepOnStop?: boolean;
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
