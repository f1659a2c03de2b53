import { connect } from '@nats-io/transport-node';
import { parseNatsUrl, type ApiName, type ApiReply, type DomainEvent } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { openPlatform, startService } from '@vfleet/service-kit';
import { aDatabase, aNatsServer } from '@vfleet/testing';
import { uuidv7 } from 'uuidv7';
import { AllocatorModule } from '../allocator.module.js';
import { Desk } from '../desk.js';
import { streamOf } from '../domain/decision.js';
import { FleetMemory } from '../fleet-memory.js';
import { fleetOf } from './given.js';

/** An answer as a client sees it that knows nothing but NATS and JSON: 0 is no error. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

const REPLY_MS = 30_000;
/** More than a spec makes. */
const EVERY_EVENT = 10_000;

const record = async (journal: Journal, past: readonly DomainEvent[]): Promise<void> => {
  const versions = new Map<string, number>();
  const events = past.map(({ type, data }) => {
    const stream = streamOf({ type, data } as DomainEvent);
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    return { id: uuidv7(), stream, version, type, data, meta: {} };
  });
  await journal.append({ events });
};

/** An allocator on real servers, in whose fleet these events have happened, and a raw client of it. */
export const runningAllocator = async (past: readonly DomainEvent[]) => {
  const [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  const platform = await openPlatform('allocator', '0.1.0', { natsUrl: server.url, pgUrl: database.url, logLevel: 'silent' });
  const journal = new Journal(platform.pool);
  await record(journal, past);
  const memory = fleetOf(past);
  const nothing = (): void => undefined;
  const desk = new Desk({ journal, memory, fence: () => undefined, onCommit: nothing, onEffect: nothing, onLost: nothing, log: nothing });
  const app = await startService({ platform, module: AllocatorModule.with(desk, memory), description: 'under test' });
  const client = await connect(parseNatsUrl(server.url));

  const ask = async (subject: ApiName, body: object = {}): Promise<Answered> => {
    const reply = await client.request(`vfleet.api.${subject}`, JSON.stringify(body), { timeout: REPLY_MS });
    return { status: Number(reply.headers?.get('Nats-Service-Error-Code') ?? 0), body: reply.json() };
  };
  const ok = async <Name extends ApiName>(subject: Name, body: object = {}): Promise<ApiReply<Name>> => {
    const { status, body: answer } = await ask(subject, body);
    if (status !== 0) throw new Error(`${subject}: ${status} ${JSON.stringify(answer)}`);
    return answer as ApiReply<Name>;
  };
  const refusal = async (subject: ApiName, body: object): Promise<Refused> => {
    const { status, body: answer } = await ask(subject, body);
    return { status, ...(answer as { error: Omit<Refused, 'status'> }).error };
  };
  /** Memory as after a start. */
  const folded = async (): Promise<FleetMemory> => {
    const made = new FleetMemory();
    for (const { stream, version, type, data } of await journal.read(0, EVERY_EVENT)) made.apply(stream, version, { type, data });
    made.commit();
    return made;
  };
  const close = async (): Promise<void> => {
    await client.close();
    await app.close();
    await desk.drain();
    await platform.nats.close();
    await platform.pool.end();
    await Promise.all([database.close(), server.close()]);
  };
  return { desk, journal, memory, client, ask, ok, refusal, folded, close };
};
