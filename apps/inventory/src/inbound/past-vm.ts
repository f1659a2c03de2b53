import { applyToVm, type VmRow } from '../read-model/vm.js';
import { VM_EVENTS, type AsOf } from './as-of.js';

/** A VM as it was at a time or a position. States that leave no event have no past. */
export const pastVm = async (asOf: AsOf, vmId: string, at: string | number): Promise<VmRow | null> => {
  const position = await asOf.positionOf(at);
  return asOf.fold<VmRow>(VM_EVENTS, vmId, position, (before, event) => applyToVm(before, vmId, event));
};
