import { Alias, CatalogName, Eligibility, Model, ModelName, Offering, PutQuota } from './catalog.js';
import { Text } from './fields.js';
import { Policy } from './migration.js';

export class ModelRegisteredEvent extends Model {}
export class ModelRemovedEvent extends ModelName {}
export class AliasPutEvent extends Alias {}
export class AliasRemovedEvent extends CatalogName {}
export class OfferingPutEvent extends Offering {}
export class OfferingRemovedEvent extends CatalogName {}
export class PolicyPutEvent extends Policy {}
export class PolicyRemovedEvent extends CatalogName {}
/** `name`: the tenant and a short hash of the match. */
export class QuotaPutEvent extends PutQuota {
  @Text(300) name!: string;
}
export class QuotaRemovedEvent extends CatalogName {}

/** The only entry of its kind in the catalogue. */
export const ELIGIBILITY = 'excluded-classes';
/** `name` is always `excluded-classes`. */
export class EligibilityPutEvent extends Eligibility {
  @Text(64) name!: string;
}
