import type { Environment } from './config.js';
import type { Paint } from './render/paint.js';

/** Where a command speaks: results to `out`, everything else to `note`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly note: (text: string) => void;
  readonly paint: Paint;
  readonly environment: Environment;
  /** Aborted when the user has had enough (Ctrl-C). */
  readonly stopped: AbortSignal;
  /** The screen that `out` is shown on; none where it goes into a pipe or a file. */
  readonly screen?: Screen;
  /** The same of `note`. */
  readonly noteScreen?: Screen;
}

export interface Screen {
  readonly rows: () => number;
  readonly columns: () => number;
}
