/**
 * A stream's business rules as three pure values.
 *
 * `decide` judges a command against the state and answers with what must now be recorded; an empty
 * list means "nothing to do", which is what makes a redelivered message harmless. `evolve` is the
 * only place where state changes, and it never rejects: an event in the stream has happened.
 *
 * Both are deterministic. Clock, identifiers, chance and lookups arrive inside the command.
 */
export interface Decider<State, Command, Event> {
  readonly initialState: State;
  readonly decide: (state: State, command: Command) => readonly Event[];
  readonly evolve: (state: State, event: Event) => State;
}

/** The state after the given events, oldest first. */
export const replay = <State, Event>(decider: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'>, events: readonly Event[]): State =>
  events.reduce(decider.evolve, decider.initialState);

/** Ends a `switch` over a closed set: a case that nobody handles fails to compile. */
export const unhandled = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
};
