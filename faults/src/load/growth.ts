/** One reading of something over time. */
export interface Reading {
  /** Since the begin of the load. */
  readonly seconds: number;
  readonly value: number;
}

export interface Growth {
  /** Of the line through the readings. */
  readonly perHour: number;
  /** What the line rises from the first reading to the last. */
  readonly rise: number;
  readonly median: number;
  readonly highest: number;
  readonly isGrowing: boolean;
}

const SECONDS_PER_HOUR = 3_600;

export const medianOf = (values: readonly number[]): number => percentileOf(values, 0.5);

/** The value below which a share of the values lies; `share` from 0 to 1. Of none it is 0. */
export const percentileOf = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

/**
 * The slope that half of all pairs of readings exceed (Theil and Sen's). Bursts, such as what other programs on the machine
 * cause, and the teeth of a collector bend it little; what rises all the time does.
 */
const slopeOf = (readings: readonly Reading[]): number =>
  medianOf(
    readings.flatMap((one, n) =>
      readings.slice(n + 1).flatMap((other) => (other.seconds > one.seconds ? [(other.value - one.value) / (other.seconds - one.seconds)] : [])),
    ),
  );

/** Whether the line through some readings rises by more than is allowed: `least`, or a share of their median where that is more. */
export const growthOf = (readings: readonly Reading[], allowed: { readonly least: number; readonly share: number }): Growth => {
  const values = readings.map(({ value }) => value);
  const slope = slopeOf(readings);
  const rise = slope * ((readings.at(-1)?.seconds ?? 0) - (readings[0]?.seconds ?? 0));
  const median = medianOf(values);
  return {
    perHour: slope * SECONDS_PER_HOUR,
    rise,
    median,
    highest: Math.max(0, ...values),
    isGrowing: rise > Math.max(allowed.least, allowed.share * median),
  };
};
