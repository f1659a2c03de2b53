import { Optional, Text, Whole } from './fields.js';

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** A page of a list. `cursor` is what the page before gave as `nextCursor`. */
export class PageRequest {
  @Optional() @Whole(1, MAX_LIMIT) limit?: number;
  @Optional() @Text(1024) cursor?: string;
}

export class Nothing {
  @Optional() @Text(1) nothing?: undefined;
}
