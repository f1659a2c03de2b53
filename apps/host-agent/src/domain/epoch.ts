/** Hex digits of a UUIDv7's milliseconds since 1970 (RFC 9562, section 5.7), in two groups. */
const TIME_DIGITS = 12;

const timeOf = (epoch: string): number => Number.parseInt(epoch.slice(0, 8) + epoch.slice(9, 13), 16);

/**
 * The name of an agent's start, a UUIDv7, where the one before it is known: later than that also where the clock has been set
 * back since. Who takes facts listens to the latest start only.
 */
export const laterEpoch = (fresh: string, before: string | undefined): string => {
  if (before === undefined || fresh > before) return fresh;
  const time = (timeOf(before) + 1).toString(16).padStart(TIME_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${fresh.slice(13)}`;
};
