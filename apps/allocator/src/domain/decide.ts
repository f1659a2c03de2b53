import { unhandled } from '@vfleet/decider';
import type { ApiRequest, ExtendVm, FactOf, InspectVm, PlanMove, ReplaceTarget, SettleMove, ShrinkVm, VmsOnHost } from '@vfleet/contracts';
import { decideCatalog, type CatalogCommand } from './catalog.decider.js';
import { NOTHING, type Decision, type Fleet, type Surroundings } from './decision.js';
import { decideDevice, type DeviceCommand } from './device.decider.js';
import { decideDrain, decidePlanDrain, decideUndrain } from './drain.decider.js';
import { decideExtend } from './extend.decider.js';
import { decideHostFact, type HostFactCommand } from './host.decider.js';
import { inspect } from './inspect.js';
import { decidePlanMove, decideSettle } from './move.decider.js';
import { decideReplace } from './replace.decider.js';
import { decideRelease, decideReserve } from './reservation.decider.js';
import { decideShrink } from './shrink.decider.js';
import { decideVmState, rejected } from './vm.decider.js';

export type Command =
  | { readonly type: 'TakeHostFact'; readonly fact: HostFactCommand }
  | { readonly type: 'TakeVmState'; readonly report: FactOf<'VmStateChanged'>['data'] }
  | { readonly type: 'RefuseVmState'; readonly vmId: string; readonly message: string }
  /** `actor`: the tenant that asks; undefined for whoever may ask for all VMs. */
  | { readonly type: 'Reserve'; readonly request: ApiRequest<'reservations.reserve'>; readonly actor?: string }
  | { readonly type: 'Release'; readonly request: ApiRequest<'reservations.release'>; readonly actor?: string }
  | { readonly type: 'DeclareStale'; readonly hostId: string; readonly lastSeenAt: string }
  | { readonly type: 'KeepSeen'; readonly hostIds: readonly string[] }
  | { readonly type: 'PlanMove'; readonly move: PlanMove }
  | { readonly type: 'ReplaceTarget'; readonly request: ReplaceTarget }
  | { readonly type: 'SettleMove'; readonly request: SettleMove }
  | { readonly type: 'DrainHost'; readonly request: VmsOnHost }
  | { readonly type: 'PlanDrain'; readonly hostId: string }
  | { readonly type: 'UndrainHost'; readonly hostId: string }
  | { readonly type: 'ExtendVm'; readonly request: ExtendVm }
  | { readonly type: 'ShrinkVm'; readonly request: ShrinkVm }
  | { readonly type: 'InspectVm'; readonly request: InspectVm }
  | DeviceCommand
  | CatalogCommand;

/** The one road by which anything is decided. Pure: the same fleet, command and surroundings give the same decision. */
export const decide = (fleet: Fleet, command: Command, surroundings: Surroundings): Decision => {
  switch (command.type) {
    case 'TakeHostFact':
      return decideHostFact(fleet, command.fact, surroundings);
    case 'TakeVmState':
      return decideVmState(fleet, command.report, surroundings);
    case 'RefuseVmState':
      return { events: [rejected(command.vmId, { refused: { code: 'INVALID_REQUEST', message: command.message } })], answer: { kind: 'nothing' } };
    case 'Reserve':
      return decideReserve(fleet, command, surroundings);
    case 'Release':
      return decideRelease(fleet, command, surroundings);
    case 'PlanMove':
      return decidePlanMove(fleet, command.move, surroundings);
    case 'ReplaceTarget':
      return decideReplace(fleet, command.request, surroundings);
    case 'SettleMove':
      return decideSettle(fleet, command.request, surroundings);
    case 'DrainHost':
      return decideDrain(fleet, command.request);
    case 'PlanDrain':
      return decidePlanDrain(fleet, command.hostId, surroundings);
    case 'UndrainHost':
      return decideUndrain(fleet, command.hostId);
    case 'ExtendVm':
      return decideExtend(fleet, command.request, surroundings);
    case 'ShrinkVm':
      return decideShrink(fleet, command.request, surroundings);
    case 'InspectVm':
      return inspect(fleet, command.request, surroundings);
    case 'CordonDevice':
    case 'UncordonDevice':
    case 'TagDevice':
      return decideDevice(fleet, command, surroundings);
    case 'DeclareStale':
      return declareStale(fleet, command.hostId, command.lastSeenAt);
    case 'KeepSeen':
      return {
        ...NOTHING,
        marks: command.hostIds.flatMap((hostId) => ({ key: `host:${hostId}`, value: fleet.host(hostId)?.seen ?? {}, lasting: true })),
      };
    case 'PutAlias':
    case 'RemoveAlias':
    case 'PutOffering':
    case 'RemoveOffering':
    case 'RegisterModel':
    case 'RemoveModel':
    case 'PutPolicy':
    case 'RemovePolicy':
    case 'PutQuota':
    case 'RemoveQuota':
    case 'PutEligibility':
      return decideCatalog(fleet, command);
    default:
      return unhandled(command);
  }
};

/** A silent host gives no new devices; what its VMs hold they keep. */
const declareStale = (fleet: Fleet, hostId: string, lastSeenAt: string): Decision => {
  const host = fleet.host(hostId);
  if (host?.status !== 'online' && host?.status !== 'unknown') return NOTHING;
  // It was heard while this waited.
  if (host.seen && host.seen.lastSeenAt !== lastSeenAt) return NOTHING;
  return { events: [{ type: 'HostStale', data: { hostId, lastSeenAt } }], answer: { kind: 'nothing' } };
};
