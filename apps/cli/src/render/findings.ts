import type { Finding } from '../diagnosis.js';
import type { Kind } from './format.js';
import { toneOf } from './paint.js';

export const FINDINGS: Kind<Finding> = {
  columns: [
    { head: 'SEVERITY', of: ({ severity }) => severity, tone: ({ severity }) => toneOf(severity) },
    { head: 'CODE', of: ({ code }) => code },
    { head: 'ABOUT', of: ({ about }) => about },
    { head: 'WHAT', of: ({ what }) => what },
    { head: 'REPAIR', of: ({ repair }) => repair, tone: () => 'bold' },
    { head: 'MEANS', of: ({ means }) => means, wide: true },
  ],
  name: ({ code, about }) => `${code} ${about}`,
};
