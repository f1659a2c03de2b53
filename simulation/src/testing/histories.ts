import { isDeepStrictEqual } from 'node:util';

/** What a step came to, and what there was once it was over. */
export interface Seen {
  readonly step: unknown;
  readonly outcome: unknown;
  readonly after: unknown;
}

/** One server, or what stands for it, to which a history is done. */
export interface Stage<Step> {
  /** `expected`: what it came to on the other stage, for one that has to wait for it. */
  act(step: Step, expected: unknown): Promise<unknown>;
  /** What there is, plain; `expected`: what there was on the other stage, for one that has to be waited for. */
  look(expected: unknown): Promise<unknown>;
}

/** What is undefined is not there. */
export const plain = (value: unknown): unknown => (value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown));

/** Does a history up to the first step at which something else is seen than on the other stage. */
export const play = async <Step>(stage: Stage<Step>, history: readonly Step[], other: readonly Seen[] = []): Promise<readonly Seen[]> => {
  const seen: Seen[] = [];
  for (const [at, step] of history.entries()) {
    const outcome = plain(await stage.act(step, other[at]?.outcome));
    seen.push({ step, outcome, after: await stage.look(other[at]?.after) });
    if (other[at] && !isDeepStrictEqual(seen[at], other[at])) break;
  }
  return seen;
};

/**
 * Histories on real servers take a hundred times as long as cases of a pure property: so many fewer are tried where
 * `VFLEET_PROPERTY_RUNS` says how many.
 */
export const historiesOf = (usual: number): number => {
  const asked = process.env['VFLEET_PROPERTY_RUNS'];
  return asked === undefined ? usual : Math.ceil(Number(asked) / 100);
};
