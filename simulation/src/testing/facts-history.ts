import fc from 'fast-check';

/** What becomes of a fact with whoever takes it. */
export type Fate = 'taken' | 'held' | 'fails once' | 'hopeless';

/** Something that is done to the stream of facts, or to those that take them by one of two durable consumers. */
export type FactsStep =
  | { readonly what: 'tell'; /** Its id, if any. */ readonly id: number; readonly fate: Fate; /** So often at once. */ readonly times: number }
  | { readonly what: 'next owner'; readonly durable: Durable; /** Whether the one before has been killed. */ readonly killed: boolean }
  | { readonly what: 'replaced owner comes back' | 'kill owner' | 'delete consumer'; readonly durable: Durable }
  | { readonly what: 'let go'; /** Which of what is held. */ readonly which: number }
  | { readonly what: 'purge' | 'delete stream' | 'stall the agent' | 'heal the agent' };

export type Durable = 'one' | 'two';

/** No id. */
export const NO_ID = 0;

const durable = fc.constantFrom<Durable>('one', 'one', 'two');

const step: fc.Arbitrary<FactsStep> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      what: fc.constant('tell' as const),
      id: fc.constantFrom(NO_ID, NO_ID, 1, 2, 3),
      fate: fc.constantFrom<Fate>('taken', 'taken', 'taken', 'held', 'held', 'fails once', 'hopeless'),
      times: fc.constantFrom(1, 1, 1, 2),
    }),
  },
  { weight: 12, arbitrary: fc.record({ what: fc.constant('next owner' as const), durable, killed: fc.boolean() }) },
  {
    weight: 9,
    arbitrary: fc.record({ what: fc.constantFrom('replaced owner comes back' as const, 'kill owner' as const, 'delete consumer' as const), durable }),
  },
  { weight: 10, arbitrary: fc.record({ what: fc.constant('let go' as const), which: fc.nat(3) }) },
  {
    weight: 8,
    arbitrary: fc.constantFrom<FactsStep>(
      { what: 'purge' },
      { what: 'purge' },
      { what: 'delete stream' },
      { what: 'stall the agent' },
      { what: 'heal the agent' },
      { what: 'heal the agent' },
    ),
  },
);

/** At last what was on its way is there, and a fact is told that both take, after everything that they were given before. */
const END: readonly FactsStep[] = [
  { what: 'heal the agent' },
  { what: 'next owner', durable: 'one', killed: false },
  { what: 'next owner', durable: 'two', killed: false },
  { what: 'tell', id: NO_ID, fate: 'taken', times: 1 },
];

export const factsHistory: fc.Arbitrary<readonly FactsStep[]> = fc
  .array(step, { maxLength: 14, size: 'max' })
  .map((steps) => [{ what: 'next owner', durable: 'one', killed: false }, ...steps, ...END]);
