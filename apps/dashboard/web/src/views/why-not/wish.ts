import type { DeviceRequest } from '@vfleet/contracts';

/** A wish as the form has it and the address keeps it: names of devices, or requests written as JSON. */
export interface WrittenWish {
  /** `10GE,10GE,GPU`, or a JSON array of device requests. */
  readonly devices: string;
  readonly offering: string;
  readonly numaNodes: string;
  readonly tenant: string;
}

export interface Wish {
  readonly devices?: DeviceRequest[];
  readonly offering?: string;
  readonly numaNodes?: number[];
  readonly tenant?: string;
}

export type ParsedWish = { readonly wish: Wish } | { readonly fault: string };

const isJson = (text: string): boolean => text.startsWith('[') || text.startsWith('{');

const parseRequests = (text: string): DeviceRequest[] | string => {
  if (!isJson(text)) return [{ device: text }];
  try {
    const parsed = JSON.parse(text) as DeviceRequest | DeviceRequest[];
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`;
  }
};

const NUMBERS = /^\d{1,3}(\s*,\s*\d{1,3})*$/;

/** Reads a wish; what the form of a request allows is for the service to say. */
export const parseWish = ({ devices, offering, numaNodes, tenant }: WrittenWish): ParsedWish => {
  if (!devices.trim() && !offering.trim()) return { fault: 'Say a device’s name, requests, or an offering' };
  if (numaNodes.trim() && !NUMBERS.test(numaNodes.trim())) return { fault: 'NUMA nodes are numbers with commas between them' };
  const requests = devices.trim() ? parseRequests(devices.trim()) : undefined;
  if (typeof requests === 'string') return { fault: requests };
  return {
    wish: {
      ...(requests && { devices: requests }),
      ...(offering.trim() && { offering: offering.trim() }),
      ...(numaNodes.trim() && { numaNodes: numaNodes.split(',').map(Number) }),
      ...(tenant.trim() && { tenant: tenant.trim() }),
    },
  };
};
