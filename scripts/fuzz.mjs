/**
 * `npm run test:fuzz -- [--minutes N] [--seed S] [--runs R]`: tries the specs called `fuzzed-*` with other cases than CI does, for 10 minutes
 * unless told otherwise; with `--runs` once, with as many. A case that fails is named by its seed: `--seed <it> --runs 1` tries it alone.
 * Exits 1 at the first failure.
 */
import { runRounds } from './rounds.mjs';

runRounds({
  what: 'fuzzing',
  runsPerRound: 2_000,
  jest: ['--runInBand', '--testPathPatterns=/fuzzed-[a-z]+\\.spec\\.ts$'],
  environment: (seed, runs) => ({ VFLEET_FUZZ_SEED: String(seed), VFLEET_FUZZ_RUNS: String(runs) }),
});
