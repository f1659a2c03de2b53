import type { MigrationDeadlines, Offering, Policy } from '@vfleet/contracts';
import type { Alternative, Attributes } from '@vfleet/pci';
import type { CatalogState, StoredPolicy } from './catalog.js';

/** How one device moves with its VM, every field of it decided. */
export interface ResolvedPolicy extends Readonly<
  Required<Pick<Policy, 'mode' | 'match' | 'anyModel' | 'addressMap' | 'requireStandby' | 'onNoTarget'>>
> {
  readonly deadlines: Readonly<Required<MigrationDeadlines>>;
  /** Which policy said the mode: `request`, `offering <name>`, a stored policy's name, or `default`. */
  readonly decidedBy: string;
}

/** Contract section 7; the deadlines are in seconds. */
export const DEFAULT_DEADLINES: Readonly<Required<MigrationDeadlines>> = { unplug: 30, migrate: 3_600, plug: 30 };
const DEFAULT: Choice = { mode: 'hotplug', match: 'network', anyModel: false, addressMap: {}, requireStandby: false, onNoTarget: 'reject' };

type Choice = Partial<Omit<Policy, 'name' | 'selector'>>;

/** A held device, and where it comes from. */
export interface Governed {
  /** As a match sees the device. */
  readonly attributes: Attributes;
  /** The way of its request by which it was given; missing for what was found attached. */
  readonly alternative?: Alternative;
  /** The offering that its request is of. */
  readonly offering?: Pick<Offering, 'name' | 'migration'>;
  /** What its alias or offering said when it was given, where that is stored no more. */
  readonly kept?: Choice;
}

/**
 * Each field by the first that says it: the request, the offering, what was kept of them, the stored policy whose selector matches the device,
 * the placement that the request says, the default.
 */
export const resolvePolicy = (
  { attributes, alternative, offering, kept }: Governed,
  { policies }: Pick<CatalogState, 'policies'>,
): ResolvedPolicy => {
  const stored = storedFor(attributes, policies.values())?.policy;
  const layers: readonly (readonly [string, Choice])[] = [
    ['request', alternative?.migration ?? {}],
    [`offering ${offering?.name}`, offering?.migration ?? {}],
    ['request', kept ?? {}],
    [stored?.name ?? '', stored ?? {}],
    ['placement', placed(alternative, attributes)],
    ['default', DEFAULT],
  ];
  const first = <Field extends keyof Choice>(field: Field): NonNullable<Choice[Field]> =>
    layers.find(([, choice]) => choice[field] !== undefined)?.[1][field] as NonNullable<Choice[Field]>;
  return {
    mode: first('mode'),
    match: first('match'),
    anyModel: first('anyModel'),
    addressMap: first('addressMap'),
    requireStandby: first('requireStandby'),
    onNoTarget: first('onNoTarget'),
    deadlines: layers.reduceRight((seconds, [, { deadlines }]) => ({ ...seconds, ...deadlines }), DEFAULT_DEADLINES),
    decidedBy: layers.find(([, { mode }]) => mode !== undefined)?.[0] as string,
  };
};

/** The one whose selector says most; of equals the first by name. */
const storedFor = (attributes: Attributes, policies: Iterable<StoredPolicy>): StoredPolicy | undefined =>
  [...policies].filter(({ accepts }) => accepts(attributes)).sort((a, b) => b.keys - a.keys || (a.policy.name < b.policy.name ? -1 : 1))[0];

/** What a request means by its placement, where it says one. */
const placed = (alternative: Alternative | undefined, { physicalNetwork }: Attributes): Choice => {
  if (!alternative?.placed) return {};
  if (alternative.placement === 'any') return { match: 'selector' };
  if (alternative.placement === 'same-address') return { match: 'address' };
  return { match: physicalNetwork === undefined ? 'pf' : 'network' };
};
