import type { VfleetClient } from '@vfleet/client';
import type { VmState } from '@vfleet/contracts';
import type { Logger } from 'pino';
import { isSimulator, type Simulator } from '../hypervisor/simulator.js';
import type { HypervisorDriver } from '../hypervisor/driver.js';

/** In these a VM has no process, and its devices are back with their host. */
const ENDED: ReadonlySet<VmState> = new Set(['stopped', 'destroyed', 'error', 'crashed']);

/**
 * A simulated hypervisor runs no VMs, so it is told when one ends, as a real one would notice by itself: by the events
 * from now on, and by asking about the VMs that had something attached when the simulation stopped last.
 */
export const watchEndedVms = (client: VfleetClient, hypervisors: readonly HypervisorDriver[], log: Logger): { readonly stop: () => void } => {
  const simulators = hypervisors.filter(isSimulator);
  const events = client.events({ subject: 'vfleet.evt.vm.*.*.VmStateRecorded' });
  const hear = async (): Promise<void> => {
    for await (const { data } of events) {
      const { vmId, state } = data as { readonly vmId: string; readonly state: VmState };
      if (ENDED.has(state)) for (const simulator of simulators) simulator.vmEnded(vmId);
    }
  };
  const failed = (error: unknown): void => log.warn({ err: (error as Error).message }, 'ends of VMs are not heard');
  hear().catch(failed);
  askAboutOld(client, simulators).catch(failed);
  return { stop: () => void events.return?.() };
};

const askAboutOld = async (client: VfleetClient, simulators: readonly Simulator[]): Promise<void> => {
  for (const simulator of simulators)
    for (const vmId of simulator.vms) {
      const vm = await client
        .request('vms.get', { vmId })
        .catch((error: { readonly status?: number }) => (error.status === 404 ? undefined : 'unknown'));
      if (vm === undefined || (typeof vm === 'object' && ENDED.has(vm.state))) simulator.vmEnded(vmId);
    }
};
