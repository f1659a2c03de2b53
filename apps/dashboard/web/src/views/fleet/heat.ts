const QUARTERS = 4;

/** How much of what could be had is still free: 0 nothing, 1 to 3 in quarters, 4 everything. */
export const heatOf = (free: number, held: number): number => {
  if (free === 0) return 0;
  return held === 0 ? QUARTERS : Math.min(QUARTERS - 1, Math.ceil((free / (free + held)) * QUARTERS));
};
