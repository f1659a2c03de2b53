import { ApiError, forbidden, type CandidateList, type UnmetRequest } from '@vfleet/contracts';

/** Codes whose sentence and details speak of nothing but what the tenant has said, and of its own quotas. */
const ITS_OWN: ReadonlySet<string> = new Set(['QUOTA_EXCEEDED', 'ALIAS_NOT_FOUND', 'MODEL_NOT_FOUND', 'OFFERING_NOT_FOUND']);

const UNSERVABLE = 422;

/** @throws ApiError 403 where a request names another tenant than the one that asks */
export const expectOwnTenant = (tenant: string, named: string | undefined, field: string): void => {
  if (named !== undefined && named !== tenant) throw forbidden([{ field, message: 'is not the tenant that asks' }]);
};

/**
 * What a tenant is told of an error. Reasons name VMs and devices of others, and who devices are kept for; how many of them match
 * tells what others have. What is left are the codes, and how many devices the tenant could have.
 */
export const toTenantError = (error: unknown): unknown => {
  if (!(error instanceof ApiError) || error.status !== UNSERVABLE) return error;
  const { unmet = [], ...details } = (error.details ?? {}) as { readonly unmet?: readonly UnmetRequest[] };
  const told = { ...(ITS_OWN.has(error.code) && details), unmet: unmet.map(toOwnNumbers) };
  return new ApiError(UNSERVABLE, error.code, ITS_OWN.has(error.code) ? error.message : 'nothing that this tenant may have serves it', told);
};

const toOwnNumbers = ({ requestName, asked, free }: UnmetRequest): UnmetRequest => ({ requestName, asked, matched: free, free, reasons: [] });

/** Candidates as a tenant is told them: what rules the other hosts out is theirs. */
export const toTenantCandidates = ({ items, rejected: { hosts } }: CandidateList): CandidateList => ({ items, rejected: { hosts, reasons: [] } });
