import { UnacceptableFact, type Fact } from '@vfleet/contracts';
import type { InboundMessage } from '@vfleet/messaging';
import { Undecidable, type Desk } from '../desk.js';
import { decodeFact, saidOfRefusal, vmOfUnacceptable } from './decode-fact.js';

/** How facts are taken, whatever transport brings them. */
export interface FactsTaken {
  readonly durable: string;
  readonly decode: (message: InboundMessage) => Fact;
  /** Another try would come to the same. */
  readonly isHopeless: (error: unknown) => boolean;
  readonly deadLetter: (message: InboundMessage, error: unknown) => Promise<void>;
}

/** What is hopeless is buried first; the platform of a VM is then told that its state was refused. */
export const takeFacts = (desk: Desk, bury: (message: InboundMessage, error: unknown) => Promise<void> | void): FactsTaken => ({
  durable: 'allocator',
  decode: decodeFact,
  isHopeless: (error) => error instanceof UnacceptableFact || error instanceof Undecidable,
  deadLetter: async (message, error) => {
    await bury(message, error);
    const vmId = vmOfUnacceptable(message);
    if (vmId === undefined) return;
    const command = { type: 'RefuseVmState', vmId, message: saidOfRefusal(error as Error) } as const;
    await desk.submit({ command, key: `refused:${message.delivery}`, causationId: message.delivery });
  },
});
