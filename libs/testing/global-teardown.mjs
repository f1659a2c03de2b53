import { once } from 'node:events';

/** Jest's globalTeardown: lets the keeper stop what the run has started, and waits until it has. */
export default async () => {
  const keeper = globalThis.vfleetKeeper;
  keeper.ref();
  const exited = once(keeper, 'exit');
  keeper.stdin.end();
  await exited;
};
