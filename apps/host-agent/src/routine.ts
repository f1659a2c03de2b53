/** What an agent does all the time, each in its own rhythm. */
export interface Routine {
  /** Begins, or goes on in another rhythm. */
  wind(rhythm: Rhythm): void;
  stop(): void;
}
export interface Rhythm {
  readonly heartbeatSeconds: number;
  readonly rescanSeconds: number;
}

export const routine = (heartbeat: () => void, rescan: () => void): Routine => {
  let timers: readonly NodeJS.Timeout[] = [];
  let stopped = false;
  const stop = (): void => timers.forEach(clearInterval);
  return {
    wind: ({ heartbeatSeconds, rescanSeconds }) => {
      stop();
      if (!stopped) timers = [setInterval(heartbeat, heartbeatSeconds * 1_000), setInterval(rescan, rescanSeconds * 1_000)];
    },
    stop: () => {
      stopped = true;
      stop();
    },
  };
};
