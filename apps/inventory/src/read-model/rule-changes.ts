import type { Model } from '@vfleet/contracts';
import {
  DEFAULT_EXCLUDED_CLASSES,
  DEFAULT_RULES,
  changedClasses,
  withExcludedClasses,
  withModels,
  type DeviceRules,
  type ExcludedClass,
} from '@vfleet/pci';
import type pg from 'pg';
import type { HostPictures } from './host-pictures.js';
import type { KnownEvent } from './known-event.js';
import type { ruleTable } from './rule.table.js';

/** A model came or went, or hosts keep other classes than before. */
export type RuleEvent = Extract<KnownEvent, { type: 'ModelRegistered' | 'ModelRemoved' | 'EligibilityPut' }>;

export const isRuleEvent = (event: KnownEvent): event is RuleEvent =>
  event.type === 'ModelRegistered' || event.type === 'ModelRemoved' || event.type === 'EligibilityPut';

/** What operators have said of devices on any host. */
export interface Said {
  readonly models: ReadonlyMap<string, Model>;
  readonly excludedClasses: readonly ExcludedClass[];
}

export const NOTHING_SAID: Said = { models: new Map(), excludedClasses: DEFAULT_EXCLUDED_CLASSES };

export const afterRuleEvent = (said: Said, event: RuleEvent): Said => {
  if (event.type === 'EligibilityPut') return { ...said, excludedClasses: event.data.excludedClasses };
  const models = new Map(said.models);
  if (event.type === 'ModelRegistered') models.set(event.data.model, event.data);
  else models.delete(event.data.model);
  return { ...said, models };
};

export const rulesOf = ({ models, excludedClasses }: Said): DeviceRules =>
  withExcludedClasses(withModels(DEFAULT_RULES, models.values()), excludedClasses);

/** Rules as the events before have left them: the rows, and what host pictures judge by. */
export class KnownRules {
  private said: Said | undefined;

  constructor(
    private readonly table: ReturnType<typeof ruleTable>,
    private readonly pictures: HostPictures,
  ) {}

  async load(client: pg.ClientBase): Promise<Said> {
    if (this.said) return this.said;
    const models = new Map((await this.table.models(client)).map((model) => [model.model, model]));
    return this.keep({ models, excludedClasses: (await this.table.excludedClasses(client)) ?? DEFAULT_EXCLUDED_CLASSES });
  }

  /** The hosts whose devices an event is about. The rows of earlier events must have been written. */
  async apply(client: pg.ClientBase, event: RuleEvent): Promise<readonly string[]> {
    const before = await this.load(client);
    const after = this.keep(afterRuleEvent(before, event));
    await this.table.note(client, event.position);
    if (event.type === 'EligibilityPut') {
      await this.table.putExcludedClasses(client, event.data.excludedClasses);
      return this.table.hostsWithClasses(client, changedClasses(before.excludedClasses, after.excludedClasses));
    }
    if (event.type === 'ModelRegistered') await this.table.putModel(client, event.data);
    else await this.table.removeModel(client, event.data.model);
    const hostIds = new Set<string>();
    for (const { models } of [before, after]) {
      const model = models.get(event.data.model);
      if (model) for (const hostId of await this.table.hostsWith(client, model)) hostIds.add(hostId);
    }
    return [...hostIds];
  }

  clear(): void {
    this.said = undefined;
  }

  private keep(said: Said): Said {
    this.said = said;
    this.pictures.rules = rulesOf(said);
    return said;
  }
}
