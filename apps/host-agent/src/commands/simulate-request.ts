import { invalidRequest } from '@vfleet/contracts';
import type { Fault as FieldFault } from '@vfleet/pci';
import { checkFault, isMapping, type Fault } from '../configuration/simulated-fault.js';

/** Makes something go wrong from now on; with `clear` everything that was made to go wrong before is over first. */
export interface SimulateRequest extends Fault {
  readonly clear?: boolean;
}

/** Reads a request to a simulated hypervisor. @throws ApiError 400 */
export const readSimulateRequest = (body: unknown): SimulateRequest => {
  const faults: FieldFault[] = [];
  const { clear = false, ...fault } = isMapping(body) ? body : {};
  if (!isMapping(body)) faults.push({ field: 'body', message: 'must be an object' });
  if (typeof clear !== 'boolean') faults.push({ field: 'clear', message: 'must be true or false' });
  checkFault(fault, (path, message) => faults.push({ field: path.join('.'), message }));
  if (faults.length > 0) throw invalidRequest(faults);
  return body as SimulateRequest;
};
