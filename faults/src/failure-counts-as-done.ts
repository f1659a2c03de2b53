import type { Guard } from './unguarded/guard.js';

/** For controls: a migrator to which what failed, or of which nothing was heard, counts as done. */
export const FAILURE_COUNTS_AS_DONE: Guard = {
  file: 'apps/migrator/dist/domain/outcomes.js',
  find: "return command.state === 'requested' ? failedCommand(saga, command, outcome) : [];",
  replace: "return command.verb === 'detach' ? detached(saga, command, {}, now) : attached(saga, command, now);",
};
