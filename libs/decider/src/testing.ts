import { deepStrictEqual } from 'node:assert';
import { replay, type Decider } from './index.js';

/** Given these past events, when this command arrives, then these events are recorded. */
export const specify =
  <State, Command, Event>(decider: Decider<State, Command, Event>) =>
  (...past: readonly Event[]) => ({
    when: (command: Command) => {
      const happened = decider.decide(replay(decider, past), command);
      return {
        happened,
        then: (...expected: readonly Event[]): void => deepStrictEqual(happened, expected),
        thenNothing: (): void => deepStrictEqual(happened, []),
      };
    },
  });
