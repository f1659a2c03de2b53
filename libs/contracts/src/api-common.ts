import { Nullable, Optional, Text, Whole } from './fields.js';

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** A page of a list. `cursor` is what the page before gave as `nextCursor`; null is the beginning, as where it is left out. */
export class PageRequest {
  @Optional() @Whole(1, MAX_LIMIT) limit?: number;
  @Optional() @Nullable() @Text(1024) cursor?: string | null;
}

export class Nothing {
  @Optional() @Text(1) nothing?: undefined;
}
