/**
 * What a fleet is counted by: devices that are asked for alike. The text says what they have in common: `model:<registered
 * model>`, else `name:<operator's name>`, else `ids:<vendor>:<product>`, else `type:<device type>`.
 */
export type VarietyKey = string;

export interface Counts {
  readonly free: number;
  readonly held: number;
  readonly ineligible: number;
  readonly missing: number;
}

/** One variety, as a column of the fleet shows it. */
export interface Variety extends Counts {
  readonly variety: VarietyKey;
  /** What stands behind the first colon. */
  readonly label: string;
  readonly deviceType: string;
  /** The filter of `devices.list` that finds its devices; a registered model or a name may leave some of the same ids out. */
  readonly filter: Readonly<Record<string, string>>;
}

export const NOTHING: Counts = { free: 0, held: 0, ineligible: 0, missing: 0 };

/** Gives a variety its label and the filter that finds it. */
export const toVariety = (variety: VarietyKey, deviceType: string, counts: Counts): Variety => {
  const [by = '', ...rest] = variety.split(':');
  const label = rest.join(':');
  return { variety, label, deviceType, filter: filterOf(by, label), ...counts };
};

const filterOf = (by: string, label: string): Readonly<Record<string, string>> => {
  if (by === 'model') return { model: label };
  if (by === 'name') return { name: label };
  if (by === 'type') return { deviceType: label };
  const [vendorId = '', productId = ''] = label.split(':');
  return { vendorId, productId };
};

/** What a device says that decides its variety. */
export interface Varied {
  readonly model?: string | undefined;
  readonly name?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly deviceType: string;
}

/** The variety of one device; the inventory's view says the same of its counters. */
export const varietyOf = ({ model, name, vendorId, productId, deviceType }: Varied): VarietyKey => {
  if (model !== undefined) return `model:${model}`;
  if (name !== undefined) return `name:${name}`;
  return vendorId !== undefined ? `ids:${vendorId}:${productId ?? ''}` : `type:${deviceType}`;
};

/** Which of the counts a device of a state stands in. */
const BUCKETS: Readonly<Record<string, keyof Counts>> = {
  available: 'free',
  held: 'held',
  releasing: 'held',
  ineligible: 'ineligible',
  missing: 'missing',
};

/** One device more. A removed one is not there. */
export const countIn = (counts: Counts, state: string): Counts => {
  const bucket = BUCKETS[state];
  return bucket === undefined ? counts : { ...counts, [bucket]: counts[bucket] + 1 };
};
