import { unhandled } from '@vfleet/decider';
import type { ApiRequest, FactOf } from '@vfleet/contracts';
import { decideCatalog, type CatalogCommand } from './catalog.decider.js';
import { NOTHING, type Decision, type Fleet, type Surroundings } from './decision.js';
import { decideHostFact, type HostFactCommand } from './host.decider.js';
import { decideRelease, decideReserve } from './reservation.decider.js';
import { decideVmState, rejected } from './vm.decider.js';

export type Command =
  | { readonly type: 'TakeHostFact'; readonly fact: HostFactCommand }
  | { readonly type: 'TakeVmState'; readonly report: FactOf<'VmStateChanged'>['data'] }
  | { readonly type: 'RefuseVmState'; readonly vmId: string; readonly message: string }
  | { readonly type: 'Reserve'; readonly request: ApiRequest<'reservations.reserve'> }
  | { readonly type: 'Release'; readonly request: ApiRequest<'reservations.release'> }
  | { readonly type: 'DeclareStale'; readonly hostId: string; readonly lastSeenAt: string }
  | { readonly type: 'KeepSeen'; readonly hostIds: readonly string[] }
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
      return decideReserve(fleet, command.request, surroundings);
    case 'Release':
      return decideRelease(fleet, command.request, surroundings);
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
      return decideCatalog(fleet, command);
    default:
      return unhandled(command);
  }
};

/** A silent host gives no new devices; what its VMs hold they keep. */
const declareStale = (fleet: Fleet, hostId: string, lastSeenAt: string): Decision => {
  const host = fleet.host(hostId);
  if (host?.status !== 'online' && host?.status !== 'unknown') return NOTHING;
  return { events: [{ type: 'HostStale', data: { hostId, lastSeenAt } }], answer: { kind: 'nothing' } };
};
