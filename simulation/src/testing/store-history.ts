import fc from 'fast-check';

/** Names as nobody should choose them: of letters, of bytes that sort otherwise than letters, and of the same look. */
const STREAMS = ['a', 'b', '\u{1F600}', '\uFB01'] as const;
const MARKS = ['vm:1', 'vm:2', 'vmx', 'vm:é', 'vm:e\u0301', '主机:1'] as const;
const INBOX = ['k1', 'k2', 'K1', 'ключ', '\u{1F511}'] as const;

export type Owner = 'one' | 'two';

/** An event about to be written. */
export interface WrittenEvent {
  readonly stream: string;
  /** How far its version is from the one that is next. */
  readonly off: number;
  /** Written before, so that its id is there. */
  readonly known: boolean;
  readonly data: unknown;
}

interface ClaimStep {
  readonly change: 'claim' | 'release';
  readonly claimed: string;
  readonly holder: string;
}

/** Something that is asked of a store. */
export type StoreStep =
  | {
      readonly what: 'append';
      readonly events: readonly WrittenEvent[];
      readonly inbox: readonly string[];
      readonly claims: readonly ClaimStep[];
      readonly marks: readonly { readonly key: string; readonly value: unknown }[];
      /** Whose fence it has: nobody's, or that of the one who acquired the lease last as far as that one knows. */
      readonly as: Owner | undefined;
      /** So often at the same moment. */
      readonly times: number;
    }
  | {
      readonly what: 'acquire' | 'renew' | 'give back';
      readonly owner: Owner;
      /** Whether the lease is for so short that it is over at once. */
      readonly short: boolean;
    }
  | { readonly what: 'load checkpoint'; readonly name: string }
  | {
      readonly what: 'move checkpoint';
      readonly name: string;
      readonly to: number;
      /** Written in the same transaction. */
      readonly row: { readonly key: string; readonly value: string };
      /** How the transaction ends: `lost` with its connection. */
      readonly end: 'commit' | 'rollback' | 'lost';
      /** What another one does while it goes on. */
      readonly meanwhile: 'nothing' | 'reads' | 'locks' | 'loads';
    }
  | {
      readonly what: 'read';
      readonly after: number;
      readonly limit: number;
      readonly stream: string;
      readonly at: readonly number[];
      /** Number of an event that may be there. */
      readonly event: number;
    }
  | { readonly what: 'look for marks'; readonly prefix: string; readonly field: string | undefined };

const optional = <T>(some: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<readonly T[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<readonly T[]>([]) }, { weight: 2, arbitrary: fc.array(some, { minLength: 1, maxLength }) });

const rarely = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 10, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

/** Any JSON: keys of any length and script, numbers of any size, and seldom what no text of PostgreSQL can be. */
const json = fc.oneof(
  { weight: 30, arbitrary: fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }) },
  { weight: 4, arbitrary: fc.dictionary(fc.constantFrom('\uFB01a', '\u{1F600}', 'ab', 'é', 'zz', '10', '9', '__proto__'), fc.nat(3)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>('\u0000', ['\\', 'a\u0000'], '\uD83D', { '\uDE00': 1 }, '\\u0000', { '': ['\\\u0000', '\uD83D'] }),
  },
);

const event: fc.Arbitrary<WrittenEvent> = fc.record({
  stream: fc.constantFrom('a', ...STREAMS),
  off: rarely(0, -1, 1),
  known: rarely(false, true),
  data: json,
});
const claim: fc.Arbitrary<ClaimStep> = fc.record({
  change: fc.constantFrom('claim', 'claim', 'release'),
  claimed: fc.constantFrom('d1', 'd2', 'gerät'),
  holder: fc.constantFrom('vm-1', 'vm-1', 'vm-2'),
});
const mark = fc.record({ key: fc.constantFrom(...MARKS), value: fc.oneof(json, fc.record({ due: json }), fc.constant(['due']), fc.constant('due')) });
const owner = fc.constantFrom<Owner>('one', 'one', 'two');
const name = fc.constantFrom('rows', 'rows', 'tür');

const append = fc.record({
  what: fc.constant('append' as const),
  events: fc.array(event, { maxLength: 3 }),
  inbox: optional(fc.constantFrom(...INBOX), 2),
  claims: optional(claim, 3),
  marks: optional(mark, 2),
  as: fc.option(owner, { nil: undefined }),
  times: rarely(1, 2),
});
const ofLease = fc.record({
  what: fc.constantFrom('acquire' as const, 'acquire' as const, 'renew' as const, 'give back' as const),
  owner,
  short: fc.boolean(),
});
const load = fc.record({ what: fc.constant('load checkpoint' as const), name });
const move = fc.record({
  what: fc.constant('move checkpoint' as const),
  name,
  to: fc.nat(8),
  row: fc.record({ key: fc.constantFrom('r1', 'r2'), value: fc.constantFrom('x', 'ÿ') }),
  end: fc.constantFrom('commit' as const, 'commit' as const, 'rollback' as const, 'lost' as const),
  meanwhile: fc.constantFrom('nothing' as const, 'reads' as const, 'locks' as const, 'loads' as const),
});
const read = fc.record({
  what: fc.constant('read' as const),
  after: fc.nat(6),
  limit: fc.integer({ min: 0, max: 4 }),
  stream: fc.constantFrom(...STREAMS),
  at: fc.array(fc.nat(9), { maxLength: 3 }),
  event: fc.integer({ min: 1, max: 9 }),
});
const look = fc.record({
  what: fc.constant('look for marks' as const),
  prefix: fc.constantFrom('vm:', 'vm', '', 'vm:e', '主', '%', '_m'),
  field: fc.constantFrom(undefined, 'due', 'due', '0', 'é'),
});

const step: fc.Arbitrary<StoreStep> = fc.oneof(
  { weight: 20, arbitrary: append },
  { weight: 7, arbitrary: ofLease },
  { weight: 2, arbitrary: load },
  { weight: 5, arbitrary: move },
  { weight: 3, arbitrary: read },
  { weight: 2, arbitrary: look },
);

export const storeHistory: fc.Arbitrary<readonly StoreStep[]> = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' });
