import type { DeviceObservation } from './device.js';

/** What an operator said of a device's tags over the API: a value, or null for a tag that it is not to have. */
export type TagChanges = Readonly<Record<string, string | null>>;

/** Characters of a tag's key and of its value: a match must be able to ask for both. */
export const MAX_TAG_KEY = 128;
export const MAX_TAG_VALUE = 256;
/** Tags that an operator may say anything about, for one device. */
export const MAX_TAGS = 64;

/** What was said first, changed by what was said later. */
export const mergeTags = (before: TagChanges | undefined, changes: TagChanges): TagChanges => ({ ...before, ...changes });

/** A device with its tags as an operator changed them, whatever its agent says of those tags; the same object where nothing differs. */
export const withTags = (device: DeviceObservation, changes: TagChanges | undefined): DeviceObservation => {
  const differing = Object.entries(changes ?? {}).filter(([key, value]) => tagOf(device, key) !== value);
  if (differing.length === 0) return device;
  const tags = new Map(Object.entries(device.tags));
  for (const [key, value] of differing)
    if (value === null) tags.delete(key);
    else tags.set(key, value);
  return { ...device, tags: Object.fromEntries(tags) };
};

const tagOf = ({ tags }: DeviceObservation, key: string): string | null => (Object.hasOwn(tags, key) ? (tags[key] as string) : null);
