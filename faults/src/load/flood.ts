import { jetstreamManager } from '@nats-io/jetstream';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.js';
import { inPhases, TWICE, type Disturbed } from './phases.js';
import { readGauges } from './sample.js';
import type { Scenario } from './scenario.js';
import type { LoadedSystem } from './system.js';
import type { Phase } from './watch.js';

const RATE = 50;
const MINUTES = 1;

/** How a host runs wild. */
interface Wildness {
  readonly kind: 'valid' | 'malformed';
  /** Facts a second; as many as the bus takes where it is not said. */
  readonly perSecond?: number;
}

/** Twenty times what the allocator takes of one host over time. */
const MUCH = 5_000;
const WILD: readonly Wildness[] = [
  { kind: 'valid', perSecond: MUCH },
  { kind: 'malformed', perSecond: MUCH },
  { kind: 'valid' },
  { kind: 'malformed' },
];

/** Lets a host run wild for as long as the work takes, and answers how many facts it told. */
const flooded = async <T>({ stage }: LoadedSystem, { kind, perSecond }: Wildness, work: () => Promise<T>): Promise<{ result: T; told: number }> => {
  const program = fileURLToPath(new URL('flooder.js', import.meta.url));
  // It stands for another machine: from its start on it takes of these cores what the servers leave.
  const args = ['-n', '19', process.execPath, program, stage.bus.url, kind, ...(perSecond === undefined ? [] : [String(perSecond)])];
  const child = spawn('nice', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  const result = await work();
  child.stdin.end();
  await ended;
  return { result, ...(JSON.parse(said) as { told: number }) };
};

const waiting = async ({ stage }: LoadedSystem): Promise<number> => {
  const manager = await jetstreamManager(stage.nats);
  let facts = 0;
  for await (const { name, num_pending, num_ack_pending } of manager.consumers.list('VFLEET_IN'))
    if (name.startsWith('allocator-lane-')) facts += num_pending + num_ack_pending;
  return facts;
};

const disturb = async (system: LoadedSystem, wildness: Wildness, watch: () => Promise<Phase>, minutes: number): Promise<Disturbed> => {
  const { kind, perSecond } = wildness;
  const { result: phase, told } = await flooded(system, wildness, watch);
  const delayed = (await readGauges(system.metricsUrl)).get('vfleet_facts_delayed_total') ?? 0;
  const which = perSecond === undefined ? `${kind} facts as fast as the bus takes them` : `${perSecond.toLocaleString('en')} ${kind} facts a second`;
  const figures: readonly Figure[] = [
    { what: `${which}: told by the wild host`, value: told / (minutes * 60), unit: '/s', note: `${told.toLocaleString('en')} in all` },
    { what: 'of its facts, had to wait so far', value: delayed, unit: 'facts', least: 1 },
    { what: 'of its facts, wait in the stream', value: await waiting(system), unit: 'facts' },
  ];
  return { when: `while one host tells ${which}`, phase, most: TWICE, figures };
};

export const flood: Scenario = {
  title: 'One host that floods',
  told: `VM states come at a steady rate, and the agent of one more host tells facts: twenty times what the allocator takes of one host over time,
and then as fast as the bus takes them, 128 at once; valid ones, each an event, and malformed ones, each a dead letter. The flood is made on the
same cores, of which it takes what the servers leave, for it stands for another machine. Beyond its share it waits in the stream.`,
  run: (options) =>
    inPhases('flood', options.rate ?? RATE, options, async (system, watch) => {
      const minutes = options.minutes ?? MINUTES;
      const all: Disturbed[] = [];
      for (const wildness of WILD) all.push(await disturb(system, wildness, () => watch(minutes), minutes));
      return all;
    }),
};
