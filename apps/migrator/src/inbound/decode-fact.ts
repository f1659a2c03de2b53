import { parseFact, type Fact } from '@vfleet/contracts';
import type { InboundMessage } from '@vfleet/messaging';

/** Facts that a move waits for. */
const HEARD: ReadonlySet<string> = new Set(['HostdevAttached', 'HostdevDetached', 'HostdevFailed', 'VmStateChanged', 'VmMigrationFailed']);

/**
 * What the migrator has to hear; undefined for everything else. Facts that cannot be accepted are kept by the allocator,
 * which reads all of them.
 */
export const decodeFact = (message: InboundMessage): Fact | undefined => {
  if (!HEARD.has(message.subject.slice(message.subject.lastIndexOf('.') + 1))) return undefined;
  try {
    return parseFact(message);
  } catch {
    return undefined;
  }
};
