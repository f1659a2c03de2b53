import { BY_DEFAULT, classExclusion, type ClassExclusion, type ExcludedClass } from './excluded-classes.js';
import { NO_MODELS, modelBook, type ModelBook, type RegisteredModel } from './models.js';

/** What operators have said of devices, whatever host they are on: registered models, and classes that hosts keep. */
export interface DeviceRules extends ModelBook {
  /** The same function as long as the list of classes is the same. */
  readonly excludedClass: ClassExclusion;
}

/** Rules as they are as long as nobody has said anything. */
export const DEFAULT_RULES: DeviceRules = { ...NO_MODELS, excludedClass: BY_DEFAULT };

export const withModels = (rules: DeviceRules, models: Iterable<RegisteredModel>): DeviceRules => ({ ...rules, ...modelBook(models) });

export const withExcludedClasses = (rules: DeviceRules, excluded: readonly ExcludedClass[]): DeviceRules => ({
  ...rules,
  excludedClass: classExclusion(excluded),
});
