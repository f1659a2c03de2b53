import type { VmSighting } from '@vfleet/service-kit';
import type { SagaDesk } from './saga-desk.js';
import type { SagaMemory } from './saga-memory.js';

/** What is said of a VM, to whatever is under way with it; `causationId`: by which fact. */
export const takeSighting = async (
  { desk, memory }: { readonly desk: SagaDesk; readonly memory: SagaMemory },
  { vmId, state, hostId, receivedAt }: VmSighting,
  causationId?: string,
): Promise<void> => {
  const migrationId = memory.activeOf(vmId);
  if (migrationId === undefined) return;
  const now = new Date().toISOString();
  await desk.submit(migrationId, { type: 'VmSeen', state, ...(hostId !== undefined && { hostId }), receivedAt, now }, causationId);
};
