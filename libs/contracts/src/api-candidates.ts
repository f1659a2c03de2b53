import { IsBoolean, IsNumber } from 'class-validator';
import { Many, NumaNodes, Nullable, One, Optional, Text, Token, Tokens, Whole, IsDeviceId } from './fields.js';
import { ReservedDevice } from './vm-events.js';
import { MAX_LIMIT } from './api-common.js';
import { DeviceRequest, UnmetReason } from './request.js';

/** A wish, before anybody has it: which hosts could serve it. */
export class ListCandidates {
  @Optional() @Many(() => DeviceRequest) devices?: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  @Optional() @Tokens() hostIds?: string[];
  @Optional() @NumaNodes() numaNodes?: number[];
  /** Whose VM it would be: quotas and devices kept for tenants count. */
  @Optional() @Text(256) tenant?: string;
  @Optional() @Whole(1, MAX_LIMIT) limit?: number;
}
/** A host that can serve, with what it would give. */
export class Candidate {
  @Token() hostId!: string;
  @Many(() => ReservedDevice) devices!: ReservedDevice[];
  /** 0 to 1; the higher, the less harm is done there. Comparable within one answer only. */
  @IsNumber() score!: number;
}
export class RejectedReason {
  @Text(64) code!: string;
  @Whole() hosts!: number;
}
/** How many hosts cannot serve, each counted once under the code that stands most in its way. Hosts beyond the limit are not looked at. */
export class RejectedHosts {
  @Whole() hosts!: number;
  @Many(() => RejectedReason) reasons!: RejectedReason[];
}
export class CandidateList {
  @Many(() => Candidate) items!: Candidate[];
  @One(() => RejectedHosts) rejected!: RejectedHosts;
}

/** The same wish, asked of one host. */
export class ExplainCandidate {
  @Token() hostId!: string;
  @Optional() @Many(() => DeviceRequest) devices?: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  @Optional() @NumaNodes() numaNodes?: number[];
  @Optional() @Text(256) tenant?: string;
}
/** A device as one request sees it: free for it, or the rule that ruled it out. */
export class ConsideredDevice {
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Optional() @Text(256) name?: string;
  @IsBoolean() available!: boolean;
  /** It would be given to this request. */
  @Optional() @IsBoolean() chosen?: boolean;
  @Optional() @Text(64) code?: string;
  @Optional() @Text() message?: string;
}
export class ExplainedRequest {
  @Text(256) requestName!: string;
  @Whole() asked!: number;
  @Whole() matched!: number;
  @Whole() free!: number;
  /** Nothing stands in the way of this request; the VM gets its devices when that is true of all of them. */
  @IsBoolean() served!: boolean;
  /** Those that match first, each in the order of addresses. */
  @Many(() => ConsideredDevice) devices!: ConsideredDevice[];
  /** Devices that are not listed, to keep the answer short; those that do not match are left out first. */
  @Whole() omitted!: number;
  @Many(() => UnmetReason) reasons!: UnmetReason[];
  /** One sentence on what is missing; null where the request is served. */
  @Nullable() @Text() nearestMiss!: string | null;
}
export class Explanation {
  @Token() hostId!: string;
  @IsBoolean() fits!: boolean;
  @Optional() @Text(64) code?: string;
  @Optional() @Text(4096) message?: string;
  @Many(() => ExplainedRequest) requests!: ExplainedRequest[];
  /** What the VM would get, where it fits. */
  @Many(() => ReservedDevice) devices!: ReservedDevice[];
}

export const CANDIDATES_API = {
  'candidates.list': { request: ListCandidates, reply: CandidateList },
  'candidates.explain': { request: ExplainCandidate, reply: Explanation },
} as const;
