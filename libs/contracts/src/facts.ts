import type { Fault } from '@vfleet/pci';
import { sayFaults } from './errors.js';
import { HOST_FACTS, type HostFactName } from './host-facts.js';
import { isStorable } from './storable.js';
import { MAX_MESSAGE_BYTES, parseFactSubject } from './subjects.js';
import { validate } from './validation.js';
import { VM_FACTS, type VmFactName } from './vm-facts.js';

type FactData<Name extends HostFactName | VmFactName> = InstanceType<(typeof HOST_FACTS & typeof VM_FACTS)[Name]>;

/** A fact that was checked: its name, whose it is, its data, and the key under which it counts once. */
export type Fact = FactOf<HostFactName | VmFactName>;
export type FactOf<Name extends HostFactName | VmFactName> = {
  readonly [N in Name]: {
    readonly name: N;
    readonly data: FactData<N>;
    /** Idempotency key: the envelope's id, else `Nats-Msg-Id`, else made of the fact's own sequence; undefined where it has none of them. */
    readonly key: string | undefined;
    /** Of the envelope, as it stands there. */
    readonly traceparent?: string;
  };
}[Name];

/** A fact that can never be accepted; it goes to the dead letters with this code and message. */
export class UnacceptableFact extends Error {
  override readonly name = 'UnacceptableFact';
  constructor(
    readonly code: 'NOT_JSON' | 'INVALID_FACT' | 'SUBJECT_MISMATCH' | 'TOO_LARGE' | 'UNKNOWN_FACT' | 'INVALID_REQUEST' | 'TOO_MANY_DEVICES',
    message: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
  }
}

export interface RawFact {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly msgId?: string;
}

/**
 * Reads a fact from what came on its subject: the bare data object or a CloudEvent around it.
 * @throws UnacceptableFact
 */
export const parseFact = ({ subject, payload, msgId }: RawFact): Fact => {
  const told = parseFactSubject(subject);
  const known: Record<string, (new () => object) | undefined> = told?.source === 'host' ? HOST_FACTS : told?.source === 'vm' ? VM_FACTS : {};
  const message = told && Object.hasOwn(known, told.fact) ? known[told.fact] : undefined;
  if (!told || !message) throw new UnacceptableFact('UNKNOWN_FACT', `${subject} is no fact that vfleet knows`);
  if (payload.byteLength > MAX_MESSAGE_BYTES) throw new UnacceptableFact('TOO_LARGE', `${payload.byteLength} bytes; ${MAX_MESSAGE_BYTES} are taken`);

  const { id, data, traceparent } = unwrap(parseJson(payload));
  const checked = validate(message, told.source === 'vm' ? tidyVmFact(data) : withoutNulls(data), 'ignore');
  if (!checked.ok) throw new UnacceptableFact('INVALID_FACT', sayFaults(checked.faults), checked.faults);
  const own = (checked.value as Record<string, unknown>)[told.source === 'host' ? 'hostId' : 'vmId'];
  if (own !== told.id) throw new UnacceptableFact('SUBJECT_MISMATCH', `the subject says ${told.source} ${told.id}, the fact says ${String(own)}`);
  return {
    name: told.fact,
    data: checked.value,
    key: keyOf(`${told.source}:${told.id}`, checkedId(id, msgId), checked.value),
    ...(traceparent && { traceparent }),
  } as Fact;
};

const parseJson = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(payload));
  } catch (error) {
    throw new UnacceptableFact('NOT_JSON', `not JSON: ${(error as Error).message}`);
  }
};
const utf8 = new TextDecoder('utf-8', { fatal: true });

const unwrap = (body: unknown): { readonly id?: string; readonly traceparent?: string; readonly data: unknown } => {
  if (typeof body !== 'object' || body === null || !('specversion' in body) || !('data' in body)) return { data: body };
  const { id, traceparent, data } = body as { readonly id?: unknown; readonly traceparent?: unknown; readonly data: unknown };
  return { ...(typeof id === 'string' && id !== '' && { id }), ...(typeof traceparent === 'string' && { traceparent }), data };
};

/** Platforms write states in any letter case, and null for what they do not know. */
export const tidyVmFact = (data: unknown): unknown => {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const entries = Object.entries(data).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => (key === 'state' && typeof value === 'string' ? [key, value.toLowerCase()] : [key, value])),
  );
};

/** Where null says "there is none", and leaving the field out says nothing. */
const NULLABLE: ReadonlySet<string> = new Set(['iommuGroup', 'numaNode']);
/** A fact, its device, the interfaces of that, and one of them. */
const DEPTH_OF_FACT = 4;

/** Agents write null for what they do not know: a field without a value is none. */
const withoutNulls = (value: unknown, depth = DEPTH_OF_FACT): unknown => {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth - 1));
  const told = Object.entries(value).filter(([key, held]) => held !== null || NULLABLE.has(key));
  return Object.fromEntries(told.map(([key, held]) => [key, withoutNulls(held, depth - 1)]));
};

/** Characters; what PostgreSQL has in an index is 2,704 bytes at most, and a character takes up to four. */
const MAX_ID = 512;

/** The envelope's id, else the message's. @throws UnacceptableFact for one under which nothing can be kept */
const checkedId = (id: string | undefined, msgId: string | undefined): string | undefined => {
  const given = id ?? msgId;
  if (given === undefined || (given.length <= MAX_ID && isStorable(given))) return given;
  const message = given.length > MAX_ID ? `is longer than ${MAX_ID} characters` : 'holds a character that cannot be stored';
  const fault = { field: id === undefined ? 'Nats-Msg-Id' : 'id', message };
  throw new UnacceptableFact('INVALID_FACT', sayFaults([fault]), [fault]);
};

/** Ids are unique per host or VM only: two platforms may count alike. */
const keyOf = (owner: string, id: string | undefined, data: object): string | undefined => {
  if (id !== undefined) return `${owner}:${id}`;
  const { hostId, epoch, sequence } = data as { hostId?: string; epoch?: string; sequence?: number };
  if (sequence === undefined) return undefined;
  return epoch === undefined ? `${owner}:sequence ${sequence}` : `${owner}:${hostId}:${epoch}:${sequence}`;
};
