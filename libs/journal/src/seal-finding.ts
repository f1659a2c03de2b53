/** What does not fit; the positions are the first and the last of which it can be said. */
export interface SealFinding {
  readonly code: SealFindingCode;
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

export type SealFindingCode =
  /** Nothing was ever sealed, or every seal is gone. */
  | 'NOT_SEALED'
  /** Another event stands there than was sealed. */
  | 'EVENT_CHANGED'
  /** No event stands there. */
  | 'EVENT_GONE'
  /** Nobody who had the key made this seal. */
  | 'SEAL_FORGED'
  /** Seals do not follow on each other. */
  | 'SEAL_GONE'
  /** The journal ends before a head that was kept outside. */
  | 'JOURNAL_CUT'
  /** A head that was kept outside tells of another history. */
  | 'HEAD_CONTRADICTED'
  /** A head that was kept outside was not made with the key. */
  | 'HEAD_FORGED';

/** Ends a look at the seals: the first thing that does not fit. */
export class Found extends Error {
  constructor(readonly finding: SealFinding) {
    super(finding.message);
  }
}

export const found = (code: SealFindingCode, from: number, to: number, message: string): Found => new Found({ code, from, to, message });
