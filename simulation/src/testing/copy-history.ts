import fc from 'fast-check';

/** Something that is done to the copy of the journal. Places are told from the last sequence that the stream has. */
export type CopyStep =
  | { readonly what: 'create' | 'remove' | 'purge' | 'remember the disk' | 'go back to that disk' }
  | {
      readonly what: 'publish';
      /** How far the event is from the one that is next. */
      readonly ahead: number;
      /** How far the expectation is from the truth. */
      readonly off: number;
      readonly journal: number;
      readonly follows: Follows;
      /** So often at once, by one relay. */
      readonly times: number;
      readonly relay: 0 | 1;
    }
  | { readonly what: 'publish a window'; readonly count: number; /** One of them, if any, that cannot be stored. */ readonly broken: number }
  | { readonly what: 'read'; readonly from: number }
  | { readonly what: 'stop reading' };

/** What a message says of the one before it. */
export type Follows = 'nothing' | 'the last' | 'another';

const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const publish = fc.record({
  what: fc.constant('publish' as const),
  ahead: mostly(0, -1, -2, 1),
  off: mostly(0, -1, 1),
  journal: mostly(0, 1),
  follows: fc.constantFrom<Follows>('nothing', 'nothing', 'the last', 'another'),
  times: mostly(1, 2),
  relay: fc.constantFrom<0 | 1>(0, 1),
});

const step: fc.Arbitrary<CopyStep> = fc.oneof(
  { weight: 30, arbitrary: publish },
  { weight: 15, arbitrary: fc.record({ what: fc.constant('publish a window' as const), count: fc.integer({ min: 2, max: 5 }), broken: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('read' as const), from: fc.integer({ min: -3, max: 3 }) }) },
  { weight: 3, arbitrary: fc.constant({ what: 'stop reading' as const }) },
  { weight: 5, arbitrary: fc.constant({ what: 'create' as const }) },
  { weight: 3, arbitrary: fc.constant({ what: 'remove' as const }) },
  { weight: 5, arbitrary: fc.constant({ what: 'purge' as const }) },
);

const backAndForth: fc.Arbitrary<CopyStep> = fc.constantFrom({ what: 'remember the disk' as const }, { what: 'go back to that disk' as const });

/** At last an event that is stored, so that whoever reads has heard what came before. */
const LAST: CopyStep = { what: 'publish', ahead: 0, off: 0, journal: 0, follows: 'nothing', times: 1, relay: 0 };

/** Nothing is there when it begins. `withDisks`: the server is stopped and goes back to older disks, which takes seconds. */
export const copyHistory = (withDisks: boolean): fc.Arbitrary<readonly CopyStep[]> =>
  fc
    .tuple(
      mostly<readonly CopyStep[]>([{ what: 'create' }], []),
      fc.array(withDisks ? fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: backAndForth }) : step, { maxLength: 16, size: 'max' }),
    )
    .map(([begin, steps]) => [...begin, ...steps, LAST]);
