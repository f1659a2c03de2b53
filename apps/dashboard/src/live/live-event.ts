/** An event of the journal as pages get it: what they can choose it by, and its frame, made once for all of them. */
export interface LiveEvent {
  readonly position: number;
  /** `device`, `host`, `vm`, `migration`, `catalog`. */
  readonly context: string;
  /** The second and third token behind the context: what they mean depends on it. */
  readonly a: string;
  readonly b: string;
  readonly type: string;
  readonly payload: Uint8Array;
  readonly frame: Uint8Array;
}

/** What a message on the stream says; its sequence is the journal's position. */
export const toLiveEvent = (subject: string, position: number, payload: Uint8Array): LiveEvent => {
  const [, , context = '', a = '', b = '', type = ''] = subject.split('.');
  return { position, context, a, b, type, payload, frame: frameOf(position, payload) };
};

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** One frame of a server-sent event stream. JSON as the relay writes it is one line; another's is made one. */
const frameOf = (position: number, payload: Uint8Array): Uint8Array => {
  const oneLine =
    payload.includes(LINE_FEED) || payload.includes(CARRIAGE_RETURN)
      ? Buffer.from(payload)
          .toString()
          .replace(/[\r\n]+/g, ' ')
      : payload;
  return Buffer.concat([Buffer.from(`id: ${position}\ndata: `), Buffer.from(oneLine), Buffer.from('\n\n')]);
};
