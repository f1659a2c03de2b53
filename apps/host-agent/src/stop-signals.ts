/**
 * Resolves with the reason when the process is asked to stop: SIGTERM, SIGINT, or, under a supervisor that gave it a
 * pipe as standard input, the end of that pipe.
 */
export const untilStopped = (supervised: boolean): Promise<string> =>
  new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('stopped'));
    process.once('SIGINT', () => resolve('stopped'));
    if (!supervised) return;
    process.stdin.once('end', () => resolve('supervisor gone'));
    process.stdin.once('close', () => resolve('supervisor gone'));
    process.stdin.resume();
  });
