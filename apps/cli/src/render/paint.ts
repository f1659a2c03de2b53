/** Colours, or none. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

const plain = (text: string): string => text;

export const NO_PAINT: Paint = { bold: plain, good: plain, warn: plain, bad: plain, dim: plain };

/** ECMA-48 "select graphic rendition": what switches a style on, and what switches it off again. */
const style =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;

export const TERMINAL_PAINT: Paint = { bold: style(1, 22), dim: style(2, 22), bad: style(31, 39), good: style(32, 39), warn: style(33, 39) };

const TONES: Readonly<Record<string, keyof Paint>> = {
  available: 'good',
  online: 'good',
  active: 'good',
  completed: 'good',
  held: 'bold',
  draining: 'warn',
  releasing: 'warn',
  stale: 'warn',
  rollingBack: 'warn',
  rolledBack: 'warn',
  cancelled: 'warn',
  ineligible: 'dim',
  standby: 'dim',
  removed: 'dim',
  missing: 'bad',
  offline: 'bad',
  failed: 'bad',
  rejected: 'bad',
  error: 'bad',
  warning: 'warn',
};

/** How a state looks, by how bad it is. */
export const toneOf = (state: string): keyof Paint => TONES[state] ?? 'bold';

/** A state in the colour of how bad it is. */
export const paintState = (state: string, paint: Paint): string => paint[toneOf(state)](state);
