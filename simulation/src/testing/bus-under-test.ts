import type { LiveEvents, StreamCopy } from '@vfleet/journal';
import type { InboundFact, InboundMessage } from '@vfleet/messaging';

/** A fact that can never be accepted. */
export class Hopeless extends Error {
  override readonly name = 'Hopeless';
}

export interface TakingFacts {
  /** Name of the durable consumer; `spec` unless told. */
  readonly durable?: string;
  /** Number of the owner. */
  readonly owner: number;
  readonly handle: (fact: InboundFact) => Promise<void>;
  /** Keeps what was `Hopeless`. */
  readonly bury?: (message: InboundMessage) => Promise<void>;
}

/** One process at a bus, over a connection that can be cut. */
export interface Member {
  readonly copy: StreamCopy;
  readonly live: LiveEvents;
  /** Resolves when the stream of facts has it. @throws TimeoutError */
  publishFact(subject: string, data: object, msgId?: string): Promise<void>;
  /** Takes facts as the services do, by the durable consumer `spec`; resolves when it has begun. */
  takeFacts(taking: TakingFacts): Promise<void>;
  /** Answers requests in a queue group. */
  serve(queue: string, subject: string, answer: (body: object) => unknown): Promise<void>;
  /** As services ask each other. @throws ApiError */
  ask(subject: string, body: object, withinMs: number): Promise<unknown>;
  /** Its connection breaks, and no other one comes about. */
  cut(): void;
  /** Nothing passes over its connection, and nobody notices. */
  stall(): void;
  /** Resolves when it is connected, and what waited passes. */
  heal(): Promise<void>;
  /** Killed: it says nothing more to anybody. */
  end(): void;
  /** Resolves when the bus has noticed that its connection is gone. */
  forgotten(): Promise<void>;
}

/** A bus, be it the simulation's or a server's, as a process of vfleet sees it. Without a stream of events. */
export interface BusUnderTest {
  join(name: string): Promise<Member>;
  /** Lets time go on until the work is done, or has failed. */
  settle<T>(work: Promise<T>): Promise<T>;
  /**
   * What is there once nothing more happens. Where nobody can tell that, it is looked at until it is as expected, for some seconds; with
   * nothing expected, at once.
   */
  see<T>(look: () => Promise<T>, expected?: T): Promise<T>;
  /** Lets time go on until it is so. */
  until(what: string, look: () => boolean | Promise<boolean>): Promise<void>;
  /** Resolves when an owner has acknowledged all facts but so many. */
  acknowledged(owner: number, but: number): Promise<void>;
  /** What its disk holds now; the answer takes it back to that. */
  rememberDisk(): Promise<() => Promise<void>>;
  /** Throws the messages of a stream away, of events unless told, and keeps its sequence. */
  purge(stream?: 'events' | 'facts'): Promise<void>;
  /** How much there is of the stream of facts; undefined where it is away. */
  factsState(): Promise<{ readonly last: number; readonly messages: number } | undefined>;
  /** How many facts an owner has not acknowledged, those that he was not given yet included; undefined where there is no consumer of his. */
  unacknowledged(durable: string, owner: number): Promise<number | undefined>;
  /** An operator deletes the consumer of an owner. */
  deleteConsumer(durable: string, owner: number): Promise<void>;
  /** An operator deletes the stream of facts. */
  deleteFacts(): Promise<void>;
  close(): Promise<void>;
}

/** Where buses come from: one is opened for each spec. */
export interface Buses {
  readonly name: string;
  start(): Promise<void>;
  open(): Promise<BusUnderTest>;
  stop(): Promise<void>;
}
