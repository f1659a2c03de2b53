/**
 * `npm run test:properties -- [--minutes N] [--seed S] [--runs R]`: tries the properties of the pure domain, and histories of the simulation's
 * bus and store beside real ones, with other cases than `npm test` does, for 10 minutes unless told otherwise; with `--runs` once, each property
 * with as many, and histories with a hundredth of them. What fails says its seed and path, and the shortest history that fails alike. Exits 1 at the
 * first failure.
 */
import { runRounds } from './rounds.mjs';

runRounds({
  what: 'properties',
  runsPerRound: 10_000,
  jest: ['--maxWorkers=2', '--testPathPatterns=(\\.property|/invariants)\\.(int-)?spec\\.ts$'],
  environment: (seed, runs) => ({ VFLEET_PROPERTY_SEED: String(seed), VFLEET_PROPERTY_RUNS: String(runs) }),
});
