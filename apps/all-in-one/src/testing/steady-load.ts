import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { vmFactSubject, type VmReportOutcome } from '@vfleet/contracts';
import { Refused, until } from '@vfleet/testing';

/** VMs that come and go for as long as a fault lasts. */
export interface SteadyLoad {
  /** Each VM whose reservation was acknowledged, with the reservation's id. */
  readonly acknowledged: readonly string[];
  /** VMs that stay: each holds one device when all is decided. */
  readonly staying: ReadonlySet<string>;
  /** Resolves when so many more reservations were acknowledged. */
  goesOn(more?: number): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface SteadyLoadOptions {
  readonly nats: NatsConnection;
  /** Hosts `h0`, `h1`… to spread them over. */
  readonly hosts: number;
  /** Makes the names of VMs differ from those of other loads. */
  readonly name: string;
  /** VMs that stay, at most: half of them are told of by a fact, which nobody answers. */
  readonly stay: number;
}

const AT_ONCE = 8;
/** Every so manieth VM stays. */
const STAYS = 30;
const ONE_MORE = 50;
const GOES_ON_MS = 180_000;
const ANSWER_MS = 1_000;
const TRY_AGAIN_MS = 50;

/** Starts and ends VMs as a careful platform does, which tries again until it has its answer. */
export const aSteadyLoad = ({ nats, hosts, name, stay }: SteadyLoadOptions): SteadyLoad => {
  const acknowledged: string[] = [];
  const staying = new Set<string>();
  const ending = new AbortController();
  let next = 0;

  /** Numbered, so that what a server that was cut off delivers late changes nothing any more. */
  const stateOf = (vmId: string, n: number, state: 'starting' | 'stopped') => ({
    vmId,
    hostId: `h${n % hosts}`,
    state,
    sequence: state === 'starting' ? 1 : 2,
    devices: [{ device: '10GE' }],
  });
  const told: Promise<void>[] = [];
  /** Nobody waits for it: where facts are not taken, requests go on. */
  const tellOfOne = (n: number): void => {
    const vmId = `${name}-told-${n}`;
    staying.add(vmId);
    told.push(tell(nats, vmId, stateOf(vmId, n, 'starting')));
  };
  const startOne = async (n: number): Promise<void> => {
    const vmId = `${name}-${n}`;
    const stays = n % STAYS === 0 && staying.size + 2 <= stay;
    if (stays) staying.add(vmId);
    if (stays) tellOfOne(n);
    const { outcome, reservation } = await report(nats, stateOf(vmId, n, 'starting'));
    if (outcome === 'reserved' && reservation) acknowledged.push(`${vmId} ${reservation.reservationId}`);
    if (!stays) await report(nats, stateOf(vmId, n, 'stopped'));
  };
  const work = async (): Promise<void> => {
    while (!ending.signal.aborted) await startOne(next++);
  };
  const working = Promise.all(Array.from({ length: AT_ONCE }, work)).finally(() => ending.abort());
  // Whoever waits for it hears of a refusal.
  working.catch(() => undefined);

  return {
    acknowledged,
    staying,
    goesOn: async (more = ONE_MORE) => {
      const wanted = acknowledged.length + more;
      await until(`${more} more reservations`, () => acknowledged.length >= wanted || ending.signal.aborted, GOES_ON_MS);
      if (ending.signal.aborted) await working;
    },
    stop: async () => {
      ending.abort();
      const settled = Promise.allSettled([working]).then(() => Promise.allSettled(told));
      await until('what is under way to be answered', () => settled, GOES_ON_MS);
      await working;
      await Promise.all(told);
    },
  };
};

/** Again and again until it succeeds, or the connection is closed. */
const patiently = async <T>(nats: NatsConnection, work: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused || nats.isClosed()) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
  }
};

const tell = async (nats: NatsConnection, vmId: string, state: object): Promise<void> =>
  void (await patiently(nats, () => jetstream(nats).publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify(state), { msgID: vmId })));

/** Nobody there, no answer in time, 429 and 503 mean "try again". */
const report = (nats: NatsConnection, state: object): Promise<VmReportOutcome> =>
  patiently(nats, async () => {
    const reply = await nats.request('vfleet.api.vms.report', JSON.stringify(state), { timeout: ANSWER_MS });
    const code = reply.headers?.get('Nats-Service-Error-Code');
    if (code === '429' || code === '503') throw new Error(reply.string());
    if (code) throw new Refused(reply.string());
    return reply.json<VmReportOutcome>();
  });
