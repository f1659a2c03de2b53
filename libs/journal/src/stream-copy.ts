/** An event on its way to the copy. */
export interface CopiedMessage {
  readonly subject: string;
  readonly payload: string;
  readonly contentType: string;
  /** Id of the event. */
  readonly id: string;
  /** It is stored only where this is the last sequence. */
  readonly expectedLast: number;
  /** It is stored only where the last message is this event. */
  readonly follows?: string | undefined;
  /** W3C. */
  readonly traceparent?: string | undefined;
}

/** How much of the copy is there; `first` is the sequence that it has to begin with. */
export interface CopyState {
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  /** Id of the event that the last message says it is; undefined where that message is not there, or says nothing. */
  readonly lastId?: string | undefined;
}

/** The stream that holds a copy of the journal, as the relay uses it. A JetStream, but in a simulation. */
export interface StreamCopy {
  readonly name: string;
  /** A new one may begin after 1. */
  readonly canBeginLate: boolean;
  /** Undefined where it is not there. */
  state(): Promise<CopyState | undefined>;
  create(first: number): Promise<CopyState>;
  remove(): Promise<void>;
  /** Sends it; nobody says whether it was stored. */
  send(message: CopiedMessage): void;
  /** Rejects where it was not stored, or that is not known. */
  publish(message: CopiedMessage): Promise<{ readonly seq: number; readonly duplicate: boolean }>;
}
