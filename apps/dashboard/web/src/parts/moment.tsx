import { sayTime } from './time.js';

/** A time of the API, for readers and for programs. */
export const Moment = ({ time }: { readonly time: string }) => <time dateTime={time}>{sayTime(time)}</time>;
