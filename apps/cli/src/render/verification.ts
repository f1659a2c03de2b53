import type { Verification } from '@vfleet/journal';
import type { Kind } from './format.js';
import { counted } from './text.js';

/** What was found of a journal and its seals. */
export const VERIFICATION: Kind<Verification> = {
  columns: [
    { head: 'JOURNAL', of: ({ finding }) => (finding ? finding.code : 'fits'), tone: ({ finding }) => (finding ? 'bad' : 'good') },
    { head: 'WHERE', of: ({ finding }) => finding && (finding.from === finding.to ? finding.from : `${finding.from} to ${finding.to}`) },
    { head: 'WHAT', of: ({ finding }) => finding?.message },
    { head: 'LOOKED AT', of: ({ from, position }) => (position < from ? null : `${from} to ${position}`) },
    { head: 'SEALED TO', of: ({ head }) => head?.position },
    { head: 'SEALED AT', of: ({ head }) => head?.sealedAt },
    { head: 'KEY', of: ({ head }) => head?.keyId },
    { head: 'NOT SEALED', of: ({ unsealed }) => counted(unsealed, 'event') },
  ],
  name: ({ position }) => String(position),
};
