import type { Figure } from './figure.js';

/** What the command line says of a run. */
export interface LoadOptions {
  /** How long what disturbs goes on: of the soak in all. */
  readonly minutes?: number;
  /** VM states a second. */
  readonly rate?: number;
  /** Samples are kept there, as CSV. */
  readonly folder: string;
  /** Tells of progress, on standard error. */
  readonly say: (message: string) => void;
}

/** One kind of load, and what is promised under it. */
export interface Scenario {
  readonly title: string;
  /** Two or three sentences for the page: what is done, and what is looked at. */
  readonly told: string;
  readonly run: (options: LoadOptions) => Promise<readonly Figure[]>;
}
