import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { API, type EventName } from '@vfleet/contracts';
import { aCommandLine, stored, type CommandLine } from '../spec/stand-in.js';
import { commandReference } from './reference.js';

let line: CommandLine;
const data = (name: EventName): object => (stored(`events/${name}`) as { data: object }).data;
/** A move that is waited for has to end, and so does what was said of a VM. */
const prepare = (): void => {
  line.system.forget();
  line.system.follows['migrations.start'] = () => line.system.publish('MigrationCompleted', data('MigrationCompleted'));
  line.system.decide = ({ vmId, state }) => [[state === 'starting' ? 'DevicesReserved' : 'DevicesReleased', { ...data('DevicesReserved'), vmId }]];
};
beforeAll(async () => {
  line = await aCommandLine();
});
beforeEach(prepare);
afterAll(() => line.close());

const commands = commandReference().nouns.flatMap((noun) => noun.commands);
/** What no service is asked for stands in the system itself, in files, or in the database. */
const BY_ITSELF = new Set([
  'vfleet dashboard',
  'vfleet context ls',
  'vfleet context show',
  'vfleet context use',
  'vfleet context rm',
  'vfleet context set',
  'vfleet completion',
  'vfleet journal verify',
]);
const examples = commands
  .filter(({ path }) => !BY_ITSELF.has(path) && !path.startsWith('vfleet security '))
  .flatMap(({ examples: all = [], asks = [] }) => all.map((example) => [example, asks] as const));

/** Words as a shell makes them of a line with quotation marks. */
const wordsOf = (example: string): readonly string[] => [...example.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** Until something was shown: what is watched has no end. */
const enough = (words: readonly string[]): AbortSignal => (words.includes('--watch') ? AbortSignal.timeout(400) : new AbortController().signal);

const asked = new Set<string>();

describe('an example of the reference', () => {
  it.each(examples)('%s works, and asks what its command says', async (example, asks) => {
    const [program, ...words] = wordsOf(example);
    expect(program).toBe('vfleet');
    const { code, note } = await line.run(words, enough(words));
    const subjects = line.system.asked.map(({ subject }) => subject);
    subjects.forEach((subject) => asked.add(subject));
    // The stored messages tell of VMs that cannot move, hosts that cannot be reached, and findings: those are no faults of the example.
    expect([note, [0, 1, 2, 3, 5].includes(code ?? -1)]).toEqual([note, true]);
    expect(note).not.toMatch(/usage|unknown option|BAD_REPLY|gave no answer|undefined/i);
    expect(subjects.length + line.system.facts.length).toBeGreaterThan(0);
    expect(subjects.filter((subject) => !(asks as readonly string[]).includes(subject))).toEqual([]);
  });

  it('stands for every request that there is', () => {
    expect(Object.keys(API).filter((name) => !asked.has(name))).toEqual([]);
  });
});
