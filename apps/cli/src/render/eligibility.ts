import type { ExcludedClass } from '@vfleet/pci';
import type { Kind } from './format.js';

export const EXCLUDED_CLASSES: Kind<ExcludedClass> = {
  columns: [
    { head: 'CLASS', of: (one) => one.class },
    { head: 'REASON', of: ({ reason }) => reason },
  ],
  name: (one) => one.class,
};
