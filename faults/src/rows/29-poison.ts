import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { vmFactSubject } from '@vfleet/contracts';
import { insist } from '@vfleet/testing';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together } from '../findings.js';
import { losses } from '../holdings.js';
import { examine, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { tellVm } from '../tell-vm.js';
import { decided, idle, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { HOSTS, makeFleet, startVms } from '../vm-load.js';

const VMS = 600;
const EACH = 10;
const DEAD = 'VFLEET_DLQ';

interface Poison {
  readonly subject: string;
  readonly body: string;
  readonly code: string;
}

/** VMs whose first state can never be accepted, and whose next one can. */
const poisoned = (kind: number, n: number): string => `poisoned-${kind}-${n}`;
const POISONS: readonly ((n: number) => Poison)[] = [
  (n) => ({ subject: vmFactSubject(poisoned(0, n), 'VmStateChanged'), body: '{"state":', code: 'NOT_JSON' }),
  (n) => ({ subject: vmFactSubject(poisoned(1, n), 'VmStateChanged'), body: JSON.stringify({ vmId: poisoned(1, n) }), code: 'INVALID_FACT' }),
  (n) => ({
    subject: vmFactSubject(poisoned(2, n), 'VmStateChanged'),
    body: JSON.stringify({ vmId: 'somebody-else', state: 'stopped' }),
    code: 'SUBJECT_MISMATCH',
  }),
  (n) => ({
    subject: vmFactSubject(poisoned(3, n), 'VmStateChanged'),
    body: JSON.stringify({ vmId: poisoned(3, n), state: 'starting', devices: [{ devise: '10GE' }] }),
    code: 'INVALID_FACT',
  }),
  (n) => ({ subject: `vfleet.in.vm.${poisoned(4, n)}.Unheard`, body: '{}', code: 'UNKNOWN_FACT' }),
  (n) => ({ subject: vmFactSubject(poisoned(5, n), 'VmStateChanged'), body: `{"x":"${'y'.repeat(300_000)}"}`, code: 'TOO_LARGE' }),
];

const all = (): readonly Poison[] => POISONS.flatMap((make) => Array.from({ length: EACH }, (_, n) => make(n)));

const poison = async (stage: Stage): Promise<void> => {
  for (const { subject, body } of all()) await insist(() => jetstream(stage.nats).publish(subject, body));
};

/** What is known of dead letters by the table, and by the stream that operators read. */
const deadLetters = async ({ database, nats }: Stage): Promise<ReadonlySet<string>> => {
  const { rows } = await database.query<{ subject: string; code: string; payload: Buffer }>(
    'select subject, code, payload from journal.dead_letters',
  );
  const published = new Set<string>();
  const { state } = await (await jetstreamManager(nats)).streams.info(DEAD);
  const consumer = await jetstream(nats).consumers.get(DEAD, { deliver_policy: DeliverPolicy.All });
  for (let left = state.messages; left > 0; left -= 1) {
    const message = await consumer.next();
    if (message) published.add(`${message.subject.replace('.dlq.', '.in.')} ${message.headers?.get('Vfleet-Error-Code')} ${message.string()}`);
  }
  return new Set(rows.map(({ subject, code, payload }) => `${subject} ${code} ${payload.toString()}`).filter((one) => published.has(one)));
};

const underPoison = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  await stage.keepRunning('allocator', environment);
  await makeFleet(stage);
  let given: Promise<void> = Promise.resolve();
  const acknowledged = await startVms(stage, { vms: VMS, told: 'both', strike: () => void (given = poison(stage)) });
  await given;
  const next = Array.from({ length: EACH }, (_, n) => POISONS.map((_make, kind) => poisoned(kind, n))).flat();
  for (const [n, vmId] of next.entries()) await tellVm(stage, { vmId, state: 'starting', hostId: `h${n % HOSTS}`, devices: [{ device: '10GE' }] });
  await decided(stage, VMS + next.length);
  await idle(stage);
  const letters = await deadLetters(stage);
  const dropped = all()
    .filter(({ subject, code, body }) => !letters.has(`${subject} ${code} ${body}`))
    .map(({ subject, code }) => `${subject} is in no dead letter with ${code}`);
  const waiting = losses(await readEvents(stage.database), [...acknowledged.map(({ vmId }) => vmId), ...next]);
  const findings = together(await examine(stage, acknowledged), { lost: [...dropped, ...waiting], doubled: [], misplaced: [] });
  const outcome = toOutcome(acknowledged.length, findings);
  return { ...outcome, note: outcome.note ?? `${letters.size} dead letters, each with its bytes and its reason` };
};

const GUARD: Guard = { file: 'apps/allocator/dist/inbound/take-facts.js', find: 'await bury(message, error);', replace: '' };

export const row: FaultRow = {
  number: 29,
  fault: `${POISONS.length * EACH} facts that nobody can take, in the midst of others`,
  promise: 'each becomes a dead letter with its reason; all others go on, those of the same VM too',
  quick: true,
  guards: [GUARD],
  run: (stage) => underPoison(stage, {}),
  control: (stage) => underPoison(stage, without(GUARD)),
};
