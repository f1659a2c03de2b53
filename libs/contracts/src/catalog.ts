import { IsBoolean, IsIn } from 'class-validator';
import { Nothing, PageRequest } from './api-common.js';
import { AnyObject, Hex, HexInAnyCase, HexPrefix, Many, Nullable, One, Optional, Text, Tokens, Whole } from './fields.js';
import { DeviceRequest, MigrationChoice } from './request.js';

export const STRATEGIES = ['pack', 'spread'] as const;

/** A registered type of device. Without `hostIds` it is known on every host. */
export class Model {
  @Text(256) model!: string;
  @Text(128) deviceType!: string;
  @Hex(4) vendorId!: string;
  @Hex(4) productId!: string;
  @Optional() @Tokens() hostIds?: string[];
}
/** A model to be registered; its ids are taken in any letter case and kept in lower case. */
export class RegisterModel {
  @Text(256) model!: string;
  @Text(128) deviceType!: string;
  @HexInAnyCase(4) vendorId!: string;
  @HexInAnyCase(4) productId!: string;
  @Optional() @Tokens() hostIds?: string[];
}
export class ModelName {
  @Text(256) model!: string;
}
export class ModelList {
  @Many(() => Model) items!: Model[];
  @Nullable() @Text() nextCursor!: string | null;
}

/** A stored device request. */
export class Alias {
  @Text(256) name!: string;
  @One(() => DeviceRequest) request!: DeviceRequest;
}
/** What an alias, an offering or a policy is called. */
export class CatalogName {
  @Text(256) name!: string;
}
export class AliasList {
  @Many(() => Alias) items!: Alias[];
  @Nullable() @Text() nextCursor!: string | null;
}

/** A stored list of device requests. */
export class Offering {
  @Text(256) name!: string;
  @Many(() => DeviceRequest) devices!: DeviceRequest[];
  /** Keep the reservation over stop and start, for all of its devices. */
  @Optional() @IsBoolean() keepOnStop?: boolean;
  /** `pack` (the default) fills PFs and hosts, so that whole ones stay free; `spread` takes the emptiest first. */
  @Optional() @IsIn([...STRATEGIES]) strategy?: (typeof STRATEGIES)[number];
  /** How its devices move with their VM; what its requests say themselves goes before it. */
  @Optional() @One(() => MigrationChoice) migration?: MigrationChoice;
}
export class OfferingList {
  @Many(() => Offering) items!: Offering[];
  @Nullable() @Text() nextCursor!: string | null;
}

/** How many devices that match a tenant's VMs may hold together. One quota for each tenant and match. */
export class PutQuota {
  @Text(256) tenant!: string;
  @AnyObject() match!: Record<string, unknown>;
  @Whole(0, 1_000_000) limit!: number;
}
export class QuotaKey {
  @Text(256) tenant!: string;
  @AnyObject() match!: Record<string, unknown>;
}
export class Quota extends PutQuota {
  /** Devices that count against it now, those on their way back included. */
  @Whole() used!: number;
}
export class QuotaFilter {
  @Optional() @Text(256) tenant?: string;
}
export class ListQuotas extends PageRequest {
  @Optional() @One(() => QuotaFilter) filter?: QuotaFilter;
}
export class QuotaList {
  @Many(() => Quota) items!: Quota[];
  @Nullable() @Text() nextCursor!: string | null;
}

/** A PCI class by the first of its six hex digits, and what such devices are called in refusals. */
export class ExcludedClassEntry {
  @HexPrefix(2, 6) class!: string;
  @Optional() @Text(256) reason?: string;
}
/** PCI classes that hosts keep: their devices are given to nobody. Takes the place of the list that was there. */
export class Eligibility {
  @Many(() => ExcludedClassEntry) excludedClasses!: ExcludedClassEntry[];
}

/** A page of the catalogue, in the order of names. */
export class ListCatalog extends PageRequest {}

/** The requests of the catalogue, by what stands after `vfleet.api.`. A `delete` answers what was there. */
export const CATALOG_API = {
  'models.create': { request: RegisterModel, reply: Model },
  'models.list': { request: ListCatalog, reply: ModelList },
  'models.get': { request: ModelName, reply: Model },
  'models.delete': { request: ModelName, reply: Model },
  'aliases.put': { request: Alias, reply: Alias },
  'aliases.list': { request: ListCatalog, reply: AliasList },
  'aliases.get': { request: CatalogName, reply: Alias },
  'aliases.delete': { request: CatalogName, reply: Alias },
  'offerings.put': { request: Offering, reply: Offering },
  'offerings.list': { request: ListCatalog, reply: OfferingList },
  'offerings.get': { request: CatalogName, reply: Offering },
  'offerings.delete': { request: CatalogName, reply: Offering },
  'quotas.put': { request: PutQuota, reply: Quota },
  'quotas.list': { request: ListQuotas, reply: QuotaList },
  'quotas.delete': { request: QuotaKey, reply: Quota },
  'eligibility.get': { request: Nothing, reply: Eligibility },
  'eligibility.put': { request: Eligibility, reply: Eligibility },
} as const;
