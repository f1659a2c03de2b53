import type { VfleetClient } from '@vfleet/client';
import { ApiError, unavailable, vmFactSubject, type CloudEvent, type Reservation, type VmStateChanged } from '@vfleet/contracts';
import { outcomeOf, type Outcome } from './outcome.js';
import { eventName } from './render/events.js';
import { recordView, render, type Format } from './render/format.js';
import { RESERVATIONS, eventView } from './render/vms.js';
import type { Terminal } from './terminal.js';

export interface ReportOptions {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly msgId: string;
  readonly output: Format;
  readonly terminal: Terminal;
}

/**
 * Publishes a VM's state as its platform would, and by default waits for the event that says what became of it.
 * @throws ApiError 422 when the devices do not fit, 409 when the state is not news, 503 when nothing is heard in time
 */
export const report = async (client: VfleetClient, fact: VmStateChanged, options: ReportOptions): Promise<void> => {
  const { wait, msgId, terminal, output } = options;
  const decides = wait && (await hasOutcome(client, fact));
  // Listen first: what is decided is published once, and may be there before the acknowledgement of the fact is.
  const events = decides ? client.events({ subject: `vfleet.evt.vm.*.${fact.vmId}.*` }) : undefined;
  if (events) await client.nats.flush();
  await client.publishFact(vmFactSubject(fact.vmId, 'VmStateChanged'), fact, { msgId });
  if (!events) return terminal.note(`published: ${fact.vmId} is ${fact.state}\n`);
  const outcome = await firstOutcome(client, events, fact, options);
  if (outcome.kind === 'refused') throw outcome.error;
  terminal.out(renderOutcome(outcome, output, terminal));
};

/** A VM that asks for nothing and holds nothing gets no event: there is nothing to wait for. */
const hasOutcome = async (client: VfleetClient, { vmId, state, devices, offering }: VmStateChanged): Promise<boolean> => {
  if (state === 'starting' && ((devices?.length ?? 0) > 0 || offering !== undefined)) return true;
  return (await heldBy(client, vmId)) !== undefined;
};

const heldBy = async (client: VfleetClient, vmId: string): Promise<Reservation | undefined> => {
  try {
    return await client.request('reservations.get', { vmId });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
};

const firstOutcome = async (
  client: VfleetClient,
  events: AsyncIterableIterator<CloudEvent>,
  { vmId, state }: VmStateChanged,
  { timeoutMs }: ReportOptions,
): Promise<Outcome> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `nothing was heard of ${vmId} within ${timeoutMs / 1000} s; it may still be decided: see vfleet status, and vfleet vms show ${vmId}`;
    timer = setTimeout(() => reject(unavailable(message)), timeoutMs);
  });
  try {
    return await Promise.race([search(client, events, vmId, state === 'starting' ? 'starting' : 'stopped'), late]);
  } finally {
    clearTimeout(timer);
    await events.return?.();
  }
};

/** A decision's events come together; how long after one of them another may be, in ms. */
const TOGETHER_MS = 1_000;

const search = async (
  client: VfleetClient,
  events: AsyncIterableIterator<CloudEvent>,
  vmId: string,
  state: 'starting' | 'stopped',
): Promise<Outcome> => {
  let coming = events.next();
  let recorded = false;
  for (;;) {
    const next: IteratorResult<CloudEvent> | undefined = recorded ? await within(coming, TOGETHER_MS) : await coming;
    if (next?.done) throw unavailable('the connection was closed while waiting');
    if (next) {
      const outcome = outcomeOf(next.value, state);
      if (outcome) return outcome;
      recorded = state === 'starting' && eventName(next.value) === 'VmStateRecorded';
      coming = events.next();
      continue;
    }
    // Recorded, and nothing else came of it: the VM wants what it holds.
    const kept = await heldBy(client, vmId);
    if (kept) return { kind: 'kept', reservation: kept };
    recorded = false;
  }
};

/** The first that comes, or undefined after a while. */
const within = async <T>(coming: Promise<T>, milliseconds: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), milliseconds)));
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
};

const renderOutcome = (outcome: Exclude<Outcome, { kind: 'refused' }>, output: Format, { paint }: Terminal): string => {
  if (outcome.kind === 'kept') {
    const { reservation } = outcome;
    return render({ ...recordView(RESERVATIONS, reservation), value: { outcome: 'kept', ...reservation } }, output, paint);
  }
  return render(eventView(outcome.kind, outcome.data), output, paint);
};
