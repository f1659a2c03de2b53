const TICK_MS = 5;

/** Calls `send` so many times a second, in small steps, whatever the timer makes of them. */
export const pace = async (perSecond: number, total: number, send: (n: number) => void): Promise<void> => {
  const start = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * perSecond) + 1);
    for (; sent < due; sent += 1) send(sent);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
};
