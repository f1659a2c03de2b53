import type { PlanMove, ReservedDevice } from '@vfleet/contracts';
import type { Alternative, Ask, Attributes, DeviceObservation } from '@vfleet/pci';
import type { Fleet, Surroundings } from './decision.js';
import { forgottenRequests, requestsOf, servingWay } from './held-requests.js';
import { attributesOn, topology } from './host.js';
import type { Hold } from './moves.js';
import { resolvePolicy, type ResolvedPolicy } from './policy.js';

/** A device that a VM asked for and holds, with everything that decides how it moves. */
export interface MovingDevice {
  readonly held: ReservedDevice;
  readonly device: DeviceObservation;
  /** The PF of a VF. */
  readonly pf: DeviceObservation | undefined;
  readonly attributes: Attributes;
  readonly policy: ResolvedPolicy;
  /** What it was asked for; missing for what was found attached. */
  readonly ask?: Ask;
  readonly alternative?: Alternative;
}

const NONE: ReadonlySet<string> = new Set();

/** Whether it need not be unplugged while its VM runs on, where its counterpart can take over live; `asked` is the mode of this one move. */
export const canStayAttached = ({ device, policy }: MovingDevice, asked: PlanMove['mode']): boolean =>
  (asked ?? policy.mode) === 'live' && device.liveMigratable === true;

/** What moves with a VM on its own account, in the order of addresses; members of IOMMU groups only go along. */
export const movingDevices = (fleet: Fleet, { host, held }: Hold, surroundings: Pick<Surroundings, 'compileWhere'>): readonly MovingDevice[] => {
  const catalog = fleet.catalog();
  const requests = requestsOf(catalog, held, surroundings);
  const forgotten = held.devices.some(({ migration }) => migration) ? forgottenRequests(catalog, held, surroundings) : NONE;
  const attributesOf = attributesOn(host, catalog.rules);
  return held.devices.flatMap((reserved) => {
    const device = host.devices.get(reserved.deviceId);
    if (!device || reserved.affected || held.releasing.has(reserved.deviceId)) return [];
    const attributes = attributesOf(device);
    const { ask, offering } = requests.get(reserved.requestName) ?? {};
    const alternative = ask && servingWay(ask, attributes);
    const kept = ask && !forgotten.has(reserved.requestName) ? undefined : reserved.migration;
    const governed = { attributes, ...(alternative && { alternative }), ...(offering && { offering }), ...(kept && { kept }) };
    const policy = resolvePolicy(governed, catalog);
    const pf = topology(host).pfOf(device);
    return [{ held: reserved, device, pf, attributes, policy, ...(ask && { ask }), ...(alternative && { alternative }) }];
  });
};
