import type { DeadLetter } from '@vfleet/contracts';
import type { Kind, Line } from './format.js';
import type { Paint } from './paint.js';
import { counted, orNothing, safeText } from './text.js';

const SHOWN_CHARACTERS = 4_096;

export const DEAD_LETTERS: Kind<DeadLetter> = {
  columns: [
    { head: 'ID', of: ({ id }) => id },
    { head: 'RECEIVED', of: ({ receivedAt }) => receivedAt },
    { head: 'CODE', of: ({ code }) => code, tone: () => 'warn' },
    { head: 'SUBJECT', of: ({ subject }) => subject },
    { head: 'BYTES', of: ({ size }) => size },
    { head: 'WHY', of: ({ message }) => message },
    { head: 'SERVICE', of: ({ service }) => service, wide: true },
  ],
  name: ({ id }) => id,
  lines: (letter, paint) => letterLines(letter, paint),
};

const letterLines = ({ id, subject, code, message, service, receivedAt, size, payload }: DeadLetter, paint: Paint): readonly Line[] => [
  ['dead letter', orNothing(id)],
  ['subject', orNothing(subject)],
  ['why', paint.warn(safeText(`${code}: ${message}`))],
  ['kept by', orNothing(service)],
  ['received', orNothing(receivedAt)],
  ['size', counted(size, 'byte')],
  ...(payload === undefined ? [] : [['payload', payloadText(payload)] as const]),
];

/** Its bytes as text, as far as they are. */
const payloadText = (base64: string): string => {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const shown = safeText(text.slice(0, SHOWN_CHARACTERS));
  return text.length > SHOWN_CHARACTERS ? `${shown} … (all of it: -o json)` : shown;
};
