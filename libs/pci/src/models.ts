import type { DeviceObservation } from './device.js';
import { BUILT_IN_DEVICE_TYPES } from './device-type.js';
import type { Fault } from './match.js';

/** A registered type of device. Without `hostIds` it is known on every host. */
export interface RegisteredModel {
  readonly model: string;
  readonly deviceType: string;
  /** Four lower-case hex digits, as observations have them. */
  readonly vendorId: string;
  readonly productId: string;
  readonly hostIds?: readonly string[];
}

/** Which registered model a device is of. */
export interface ModelBook {
  readonly modelOf: (hostId: string, device: Pick<DeviceObservation, 'vendorId' | 'productId'>) => RegisteredModel | undefined;
}

interface Page {
  everywhere?: RegisteredModel;
  readonly onHost: Map<string, RegisteredModel>;
}

/** A model that names the host wins over one that names none; of two that say the same, the first by name. */
export const modelBook = (models: Iterable<RegisteredModel>): ModelBook => {
  const pages = new Map<string, Page>();
  for (const model of [...models].sort((a, b) => (a.model < b.model ? -1 : 1))) {
    const key = pair(model);
    const page = pages.get(key) ?? { onHost: new Map<string, RegisteredModel>() };
    pages.set(key, page);
    if (!model.hostIds) page.everywhere ??= model;
    for (const hostId of model.hostIds ?? []) if (!page.onHost.has(hostId)) page.onHost.set(hostId, model);
  }
  return {
    modelOf: (hostId, device) => {
      const page = device.vendorId === undefined ? undefined : pages.get(pair(device));
      return page?.onHost.get(hostId) ?? page?.everywhere;
    },
  };
};

export const NO_MODELS: ModelBook = modelBook([]);

const pair = ({ vendorId, productId }: Pick<DeviceObservation, 'vendorId' | 'productId'>): string => `${vendorId}:${productId}`;

/** A model as it is kept: names without blanks around them, ids in lower case. */
export const tidyModel = (model: RegisteredModel): RegisteredModel => ({
  model: model.model.trim(),
  deviceType: model.deviceType.trim(),
  vendorId: model.vendorId.toLowerCase(),
  productId: model.productId.toLowerCase(),
  ...(model.hostIds && { hostIds: [...new Set(model.hostIds)].sort() }),
});

const HEX_ID = /^[0-9a-f]{4}$/;

/** What is wrong with the form of a tidy model. */
export const modelFaults = (model: RegisteredModel): readonly Fault[] => [
  ...(['model', 'deviceType'] as const).flatMap((field) => (model[field] === '' ? [{ field, message: 'says nothing' }] : [])),
  ...(['vendorId', 'productId'] as const).flatMap((field) =>
    HEX_ID.test(model[field]) ? [] : [{ field, message: 'must be four hex digits without 0x' }],
  ),
  ...(model.hostIds?.length === 0 ? [{ field: 'hostIds', message: 'names no host; leave it out to mean every host' }] : []),
];

const BUILT_IN: ReadonlySet<string> = new Set(BUILT_IN_DEVICE_TYPES);

/** Whether vfleet derives this device type by itself, in whatever letter case. */
export const isBuiltInDeviceType = (deviceType: string): boolean => BUILT_IN.has(deviceType.toUpperCase());

/** Whether two models would both be the model of some device: one vendor and product, and a host in common. */
export const coverSameDevices = (one: RegisteredModel, other: RegisteredModel): boolean =>
  pair(one) === pair(other) && (!one.hostIds || !other.hostIds || one.hostIds.some((hostId) => other.hostIds?.includes(hostId)));
