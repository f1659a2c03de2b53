import fc from 'fast-check';

/** What somebody does with a request. */
export type Manner = 'answers' | 'refuses' | 'is silent';

/** Something that is done to those who answer requests on one subject, or to the one who asks. */
export type RequestsStep =
  | { readonly what: 'serve'; readonly queue: Queue; readonly manner: Manner }
  | {
      readonly what: 'end' | 'cut' | 'stall' | 'heal';
      /** Which of the servers, in the order in which they came, and over again. */ readonly which: number;
    }
  | { readonly what: 'ask'; readonly times: number }
  | { readonly what: 'stall the client' | 'cut the client' | 'heal the client' };

export type Queue = 'agents' | 'owner-1' | 'owner-2';

const step: fc.Arbitrary<RequestsStep> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constant('serve' as const),
      queue: fc.constantFrom<Queue>('agents', 'owner-1', 'owner-2'),
      manner: fc.constantFrom<Manner>('answers', 'answers', 'refuses', 'is silent'),
    }),
  },
  { weight: 25, arbitrary: fc.record({ what: fc.constant('ask' as const), times: fc.constantFrom(1, 1, 2) }) },
  {
    weight: 18,
    arbitrary: fc.record({
      what: fc.constantFrom('end' as const, 'cut' as const, 'stall' as const, 'heal' as const, 'heal' as const),
      which: fc.nat(4),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom<RequestsStep>(
      { what: 'stall the client' },
      { what: 'cut the client' },
      { what: 'heal the client' },
      { what: 'heal the client' },
    ),
  },
);

/** At last everybody is reached again, so that what was under way arrives. */
const END: readonly RequestsStep[] = [
  { what: 'heal the client' },
  ...[0, 1, 2, 3, 4].map((which): RequestsStep => ({ what: 'heal', which })),
  { what: 'ask', times: 1 },
];

export const requestsHistory: fc.Arbitrary<readonly RequestsStep[]> = fc
  .array(step, { maxLength: 12, size: 'max' })
  .map((steps) => [...steps, ...END]);
