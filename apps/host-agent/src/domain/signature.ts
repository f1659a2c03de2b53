import type { HostUse } from '@vfleet/pci';

/** How the detail of a use begins that nothing but a signature on the disk speaks for: whoever wrote it may be gone. */
export const SIGNATURE = 'signature of ';

export const isOnlySigned = ({ detail }: HostUse): boolean => detail.startsWith(SIGNATURE);
