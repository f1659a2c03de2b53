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
const MINUTES = 0.5;

/** Lets a host run wild for as long as the work takes, and answers how many facts it told. */
const flooded = async <T>({ stage }: LoadedSystem, kind: 'valid' | 'malformed', work: () => Promise<T>): Promise<{ result: T; told: number }> => {
  const program = fileURLToPath(new URL('flooder.js', import.meta.url));
  const child = spawn(process.execPath, [program, stage.bus.url, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
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

const disturb = async (system: LoadedSystem, kind: 'valid' | 'malformed', watch: () => Promise<Phase>, minutes: number): Promise<Disturbed> => {
  const { result: phase, told } = await flooded(system, kind, watch);
  const delayed = (await readGauges(system.metricsUrl)).get('vfleet_facts_delayed_total') ?? 0;
  const figures: readonly Figure[] = [
    { what: `${kind} facts of the wild host`, value: told / (minutes * 60), unit: '/s', note: `${told.toLocaleString('en')} in all` },
    { what: 'of its facts, had to wait so far', value: delayed, unit: 'facts', least: 1 },
    { what: 'of its facts, wait in the stream', value: await waiting(system), unit: 'facts' },
  ];
  return { when: `while one host floods with ${kind} facts`, phase, most: TWICE, figures };
};

export const flood: Scenario = {
  title: 'One host that floods',
  told: `VM states come at a steady rate, and the agent of one more host tells facts as fast as the bus takes them, 128 at once: valid ones,
each an event, and then malformed ones, each a dead letter. The flood is made on the same cores, of which
it takes what the servers leave, for it stands for another machine. Beyond its share it waits in the stream.`,
  run: (options) =>
    inPhases('flood', options.rate ?? RATE, options, async (system, watch) => {
      const minutes = options.minutes ?? MINUTES;
      const valid = await disturb(system, 'valid', () => watch(minutes), minutes);
      return [valid, await disturb(system, 'malformed', () => watch(minutes), minutes)];
    }),
};
