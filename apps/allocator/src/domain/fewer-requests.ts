import type { DeviceRequest, ReservedDevice } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { CatalogState } from './catalog.js';
import type { Surroundings } from './decision.js';
import { writtenRequests, type WrittenRequest } from './held-requests.js';
import type { HostReservation } from './host.js';

/** What is asked for once some of it has been given back. */
export interface Fewer {
  readonly requests: DeviceRequest[];
  readonly offering?: string;
}

/** Characters that a request's own name may have. */
const MAX_NAME = 128;

/**
 * The requests of a reservation without what was given back of them. Names that were made become the requests' own, so that
 * the devices that stay keep theirs. An offering of which something was given back is replaced by what is left of it.
 */
export const fewerRequests = (
  catalog: CatalogState,
  held: HostReservation,
  {
    touched,
    stays,
    deviceOf,
  }: {
    readonly touched: ReadonlySet<string>;
    readonly stays: readonly ReservedDevice[];
    readonly deviceOf: (deviceId: string) => DeviceObservation | undefined;
  },
  surroundings: Pick<Surroundings, 'compileWhere'>,
): Fewer => {
  const written = writtenRequests(catalog, held, surroundings);
  const isTouched = ({ names }: WrittenRequest): boolean => names.some((name) => touched.has(name));
  const breaks = written.some((one) => one.offered && isTouched(one));
  const left = (name: string): readonly ReservedDevice[] => stays.filter(({ requestName, affected }) => requestName === name && !affected);
  const requests = written.flatMap((one) => {
    if (one.offered && !breaks) return [];
    return isTouched(one) ? lessOf(one, left, deviceOf) : [withName(one)];
  });
  return { requests, ...(held.offering !== undefined && !breaks && { offering: held.offering }) };
};

const withName = ({ request, names }: WrittenRequest): DeviceRequest => {
  const [name = ''] = names;
  return names.length === 1 && name.length <= MAX_NAME ? { ...request, name } : request;
};

type Left = (name: string) => readonly ReservedDevice[];

/** Names that are listed are asked for one by one; what cannot be asked for in part is asked for by its address. */
const lessOf = (
  { request, names }: WrittenRequest,
  left: Left,
  deviceOf: (deviceId: string) => DeviceObservation | undefined,
): readonly DeviceRequest[] => {
  const listed = request.device?.split(',').map((device) => device.trim());
  return names.flatMap((name, index): readonly DeviceRequest[] => {
    const devices = left(name);
    const count = devices.length;
    if (count === 0) return [];
    const device = listed?.[index];
    const plain = (listed?.length ?? 1) === names.length && !request.firstAvailable;
    if (plain) return [withName({ request: { ...request, count, ...(device !== undefined && { device }) }, names: [name], offered: false })];
    const [first] = devices;
    const match = { kind: deviceOf(first?.deviceId ?? '')?.kind ?? 'pci', address: devices.map(({ address }) => address) };
    return [withName({ request: { match, count }, names: [name], offered: false })];
  });
};
