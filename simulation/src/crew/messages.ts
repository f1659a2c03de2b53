/** What a member of the crew is asked to do. */
export interface Task {
  readonly seed: number;
  /** A history that breaks a promise is made shorter first. */
  readonly shrinks: boolean;
  readonly verbose: boolean;
}

/** What came of one seed. */
export interface SeedReport {
  readonly seed: number;
  readonly steps: number;
  readonly events: number;
  /** How often each kind of deed was done. */
  readonly done: readonly (readonly [what: string, times: number])[];
  /** The promise that was broken, `I1` to `I10` or `E1` to `E4`, and the history in words. */
  readonly broken?: { readonly promise: string; readonly history: string };
}
