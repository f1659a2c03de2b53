/** Measures from now until the fault is over, and tells it on standard error: figures for the guide, nothing is judged by them. */
export const timeToHeal = (fault: string): { readonly isOver: () => void } => {
  const from = performance.now();
  return { isOver: () => void process.stderr.write(`${fault}: healed after ${((performance.now() - from) / 1000).toFixed(1)} s\n`) };
};
