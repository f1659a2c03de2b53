import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { InboundStream } from './streams.js';

/** Whose consumers they are, and how much they may have under way. */
export interface ConsumerOptions {
  readonly stream: InboundStream;
  /** Name of the durable consumer. */
  readonly durable: string;
  /** Each gets a consumer of its own; one for all of the stream unless told. Several in one are beyond NATS 2.9. */
  readonly subjects?: readonly string[];
  /** Number of the owner, where each has consumers of its own. */
  readonly generation?: number;
  /** Settles whether this is still the owner, where that is not certain. Rejects when it is not. */
  readonly confirm?: () => Promise<void> | undefined;
  readonly ackWaitMs: number;
  readonly maxInFlight: number;
}

/** A consumer by the parts of its name: whose it is, and what it reads where it does not read all. */
interface Owned {
  readonly name: string;
  readonly reads: string;
  /** Up to this sequence all that it reads is acknowledged, to it or to those before it. */
  readonly floor: number;
}

const NANOS_PER_MS = 1_000_000;
const EVERYTHING = '';

/**
 * Makes the durable consumers that are missing, and answers their names. An owner's start where everything before
 * was acknowledged to an earlier one, whose consumers go. Where the consumer of a later one is there, this one has been replaced,
 * and must not take the facts back; unless it is known to be the owner: then the store of leases has been restored to an earlier state.
 * @throws Error when it has been replaced
 */
export const openConsumers = async (manager: JetStreamManager, options: ConsumerOptions): Promise<readonly string[]> => {
  const { stream, durable, subjects, generation, ackWaitMs, maxInFlight } = options;
  const earlier = generation === undefined ? [] : await predecessors(manager, options, generation);
  const config = { ack_policy: AckPolicy.Explicit, ack_wait: ackWaitMs * NANOS_PER_MS, max_deliver: -1, max_ack_pending: 2 * maxInFlight };
  const names: string[] = [];
  for (const subject of subjects ?? [undefined]) {
    const reads = subject === undefined ? EVERYTHING : toName(subject);
    const name = [durable, ...(generation === undefined ? [] : [generation]), ...(reads === EVERYTHING ? [] : [reads])].join('-');
    const before = earlier.filter((one) => one.reads === reads || one.reads === EVERYTHING).map(({ floor }) => floor);
    const start =
      before.length === 0
        ? { deliver_policy: DeliverPolicy.All }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(...before) + 1 };
    const there = await manager.consumers.info(stream.name, name).catch(() => undefined);
    if (!there)
      await manager.consumers.add(stream.name, {
        durable_name: name,
        ...config,
        ...start,
        ...(subject !== undefined && { filter_subject: subject }),
      });
    names.push(name);
  }
  for (const { name } of earlier) await manager.consumers.delete(stream.name, name).catch(() => undefined);
  return names;
};

/** `vfleet.in.vm.*.*` as a part of a consumer's name, which may hold no dots and no wildcards. */
const toName = (subject: string): string =>
  subject
    .split('.')
    .filter((token) => /^[A-Za-z0-9_-]+$/.test(token))
    .join('_');

const refuseUnlessOwner = async (confirm: ConsumerOptions['confirm'], message: string): Promise<void> => {
  if (!confirm) throw new Error(message);
  await confirm();
};

/** Consumers of owners before this one. */
const predecessors = async (
  manager: JetStreamManager,
  { stream, durable, confirm }: ConsumerOptions,
  generation: number,
): Promise<readonly Owned[]> => {
  const earlier: Owned[] = [];
  for await (const { name, ack_floor, config } of manager.consumers.list(stream.name)) {
    const [, number, reads = EVERYTHING] = (name.startsWith(`${durable}-`) && /^(\d+)(?:-(.+))?$/.exec(name.slice(durable.length + 1))) || [];
    if (number === undefined) continue;
    if (Number(number) > generation) await refuseUnlessOwner(confirm, `owner ${number} has replaced owner ${generation}`);
    // As long as nothing was acknowledged to it the server says nothing of what was before it.
    const floor = Math.max(ack_floor.stream_seq, (config.opt_start_seq ?? 1) - 1);
    if (Number(number) !== generation) earlier.push({ name, reads, floor });
  }
  return earlier;
};
