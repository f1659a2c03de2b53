import { unavailable } from '@vfleet/contracts';
import { Journal, type Projector } from '@vfleet/journal';

/** How long an answer waits for the rows; after that it is given from what is there. */
const PATIENCE_MS = 1_000;
/** How long the answer to a change waits; shorter than clients usually do. */
const PATIENCE_AFTER_CHANGE_MS = 3_000;

/** Lets reads see what was committed before they were asked. */
export class FreshReads {
  constructor(
    private readonly journal: Pick<Journal, 'head'>,
    private readonly projector: Pick<Projector, 'caughtUpTo'>,
  ) {}

  /** Resolves when the rows hold everything that is in the journal now. */
  async ready(): Promise<void> {
    await this.projector.caughtUpTo(await this.journal.head(), PATIENCE_MS);
  }

  /**
   * Resolves when the rows hold a change that was just committed: what answers it must not deny it.
   * @throws ApiError 503
   */
  async changed(): Promise<void> {
    if (await this.projector.caughtUpTo(await this.journal.head(), PATIENCE_AFTER_CHANGE_MS)) return;
    throw unavailable('the change is made, and cannot be shown yet: ask again');
  }
}
