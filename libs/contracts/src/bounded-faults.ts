import type { Fault } from '@vfleet/pci';

/** More faults than anybody reads; a message of 256 KiB can hold 100,000. */
const MAX_FAULTS = 50;
/** Characters of a path. The longest that a contract knows has 90; what is longer was made of names that somebody sent. */
const MAX_FIELD = 256;
/** Characters of what is said of one field. */
const MAX_SAID = 1_024;

/** A field may be called nothing. */
const NAMELESS = '""';

/** Faults as they are told: whatever was sent, a refusal stays small enough to be answered, kept and read. */
export const boundedFaults = (faults: readonly Fault[]): readonly Fault[] =>
  faults.slice(0, MAX_FAULTS).map(({ field, message }) => ({ field: sayable(field, MAX_FIELD) || NAMELESS, message: sayable(message, MAX_SAID) }));

/** Names that somebody sent may hold what nobody can keep: it is shown as U+FFFD. */
export const sayable = (text: string, most: number): string => {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short.replaceAll('\u0000', '\ufffd').toWellFormed();
};
