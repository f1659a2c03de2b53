import { hostFactSubject, parseFact, vmFactSubject, type Fact } from '@vfleet/contracts';
import type { InboundMessage } from '@vfleet/messaging';

const OF_ORDERS = ['HostdevAttached', 'HostdevDetached', 'HostdevFailed'];
/** Facts that a move waits for. */
const HEARD: ReadonlySet<string> = new Set([...OF_ORDERS, 'VmStateChanged', 'VmMigrationFailed']);

/** Of all that hosts tell, what became of orders: the heartbeats of a fleet are none of its business. What is told of VMs keeps its order. */
export const HEARD_SUBJECTS: readonly string[] = [vmFactSubject('*', '*'), ...OF_ORDERS.map((fact) => hostFactSubject('*', fact))];

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
