import { compileWhere } from '@vfleet/cel';
import { DEFAULT_LIMIT, invalidRequest, type CandidateList, type ExplainCandidate, type ListCandidates } from '@vfleet/contracts';
import type { Wish } from '@vfleet/pci';
import { listCandidates } from '../candidates.js';
import { understand } from '../domain/reserve.js';
import type { FleetMemory } from '../fleet-memory.js';
import { toError } from './answers.js';

/** Hosts that one question may name. */
const MAX_HOSTS = 1_000;

/** A VM that holds nothing: no VM has this name. */
const NO_VM = '';

/** Hosts that could serve a wish. @throws ApiError 400 and 422 for a wish that means nothing */
export const candidatesFor = async (memory: FleetMemory, { limit = DEFAULT_LIMIT, hostIds, ...wanted }: ListCandidates): Promise<CandidateList> => {
  if (hostIds && hostIds.length > MAX_HOSTS) throw invalidRequest([{ field: 'hostIds', message: `names more than ${MAX_HOSTS} hosts` }]);
  return listCandidates(memory, wishOf(memory, wanted), { limit, ...(hostIds && { hostIds }) });
};

/** What is asked for, as the deciders have it. @throws ApiError 400 and 422 */
export const wishOf = (memory: FleetMemory, { devices = [], offering, numaNodes, tenant }: Omit<ExplainCandidate, 'hostId'>): Wish => {
  if (devices.length === 0 && offering === undefined) throw invalidRequest([{ field: 'devices', message: 'asks for nothing' }]);
  const wishes = { devices, ...(offering !== undefined && { offering }), ...(numaNodes && { numaNodes }) };
  const understood = understand(memory, { vmId: NO_VM, wishes, ...(tenant !== undefined && { tenant }) }, { compileWhere });
  if ('refused' in understood) throw toError(understood.refused);
  return understood.wish;
};
