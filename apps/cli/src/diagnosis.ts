import type { Host, Migration, SystemStatus } from '@vfleet/contracts';
import { diagnoseAgents } from './diagnosis-agents.js';
import { diagnoseRecords } from './diagnosis-records.js';

/** Something that is not as it should be. */
export interface Finding {
  /** `error`: something does not work, or is lost. `warning`: it will not stay well by itself. */
  readonly severity: 'error' | 'warning';
  readonly code: string;
  /** The host, service, VM or migration that it is about. */
  readonly about: string;
  readonly what: string;
  /** What follows from it. */
  readonly means: string;
  /** A command that repairs it, or that tells more. */
  readonly repair: string;
}

/** Everything that is judged, taken together. */
export interface Observations {
  readonly status: SystemStatus;
  readonly hosts: readonly Host[];
  /** Migrations that have failed, and that nobody has settled. */
  readonly failed: readonly Migration[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is wrong, the worst first; nothing where all is well. */
export const diagnose = (observations: Observations): readonly Finding[] => {
  const found = [...diagnoseRecords(observations), ...diagnoseAgents(observations)];
  return [...found.filter(({ severity }) => severity === 'error'), ...found.filter(({ severity }) => severity === 'warning')];
};
