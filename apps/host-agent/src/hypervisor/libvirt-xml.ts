import { DOMParser, XMLSerializer, DOMImplementation, type Element } from '@xmldom/xmldom';
import { parsePciAddress, pciAddressParts, type PciAddress } from '@vfleet/pci';
import type { DeviceOrder } from './driver.js';

/** What libvirt says of a running domain, as far as devices of the host go. */
export interface Domain {
  readonly name: string;
  readonly uuid: string;
  readonly hostdevs: readonly DomainHostdev[];
}
export interface DomainHostdev {
  readonly alias: string;
  /** On the host. */
  readonly address: string;
  readonly guestAddress?: string;
  /** The element as it stands there: what `detach-device` wants to see. */
  readonly xml: string;
}

/** libvirt leaves aliases alone that begin like this. */
export const aliasOf = (deviceId: string): string => `ua-${deviceId}`;

const isElement = (node: unknown): node is Element => (node as { readonly nodeType?: number }).nodeType === 1;
const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  [...(element?.childNodes ?? [])].filter(isElement).filter(({ nodeName }) => nodeName === name);
const childOf = (element: Element | undefined, name: string): Element | undefined => childrenOf(element, name)[0];

/** @throws Error when it is no domain */
export const parseDomain = (text: string): Domain => {
  const root = new DOMParser({ onError: refuseErrors }).parseFromString(text, 'text/xml').documentElement;
  if (root?.nodeName !== 'domain') throw new Error('libvirt described no domain');
  const devices = childOf(root, 'devices');
  const hostdevs = [
    ...childrenOf(devices, 'hostdev').filter((one) => one.getAttribute('type') === 'pci'),
    ...childrenOf(devices, 'interface').filter((one) => one.getAttribute('type') === 'hostdev'),
  ];
  return {
    name: childOf(root, 'name')?.textContent ?? '',
    uuid: childOf(root, 'uuid')?.textContent ?? '',
    hostdevs: hostdevs.flatMap((element) => {
      const address = parseAddress(childOf(childOf(element, 'source'), 'address'));
      if (address === undefined) return [];
      const alias = childOf(element, 'alias')?.getAttribute('name') ?? '';
      return [{ alias, address, guestAddress: parseAddress(childOf(element, 'address')), xml: new XMLSerializer().serializeToString(element) }];
    }),
  };
};

const refuseErrors = (level: string, message: string): void => {
  if (level !== 'warning') throw new Error(`libvirt's XML cannot be read: ${message}`);
};

const parseAddress = (element: Element | undefined): string | undefined => {
  const part = (name: string, digits: number): string =>
    parseInt(element?.getAttribute(name) ?? '', 16)
      .toString(16)
      .padStart(digits, '0');
  return element && parsePciAddress(`${part('domain', 4)}:${part('bus', 2)}:${part('slot', 2)}.${part('function', 1)}`);
};

/**
 * The device for `attach-device`. A virtual function that is to have a MAC or VLAN is an interface: libvirt then sets
 * both through its PF. libvirt binds the driver itself (`managed`). @throws Error for an address that is none
 */
export const hostdevXml = (order: Pick<DeviceOrder, 'deviceId' | 'address' | 'mac' | 'vlan' | 'vf' | 'guestAddress'>): string => {
  const { deviceId, mac, vlan = 0, vf, guestAddress } = order;
  const document = new DOMImplementation().createDocument(null, '');
  const make = (name: string, attributes: Readonly<Record<string, string>>, ...children: readonly Element[]): Element => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    for (const child of children) element.appendChild(child);
    return element;
  };
  const isInterface = vf !== undefined && (mac !== undefined || vlan > 0);
  const source = make('address', { ...(isInterface && { type: 'pci' }), ...addressAttributes(order.address) });
  const common = [make('source', {}, source), make('alias', { name: aliasOf(deviceId) })];
  const place = guestAddress === undefined ? [] : [make('address', { type: 'pci', ...addressAttributes(guestAddress) })];
  const element = isInterface
    ? make(
        'interface',
        { type: 'hostdev', managed: 'yes' },
        ...(mac === undefined ? [] : [make('mac', { address: mac })]),
        ...(vlan > 0 ? [make('vlan', {}, make('tag', { id: String(vlan) }))] : []),
        ...common,
        ...place,
      )
    : make('hostdev', { mode: 'subsystem', type: 'pci', managed: 'yes' }, ...common, ...place);
  return new XMLSerializer().serializeToString(element);
};

const addressAttributes = (text: string): Readonly<Record<string, string>> => {
  const address = parsePciAddress(text);
  if (address === undefined) throw new Error(`${JSON.stringify(text)} is no PCI address`);
  return attributesOf(address);
};

const attributesOf = (address: PciAddress): Readonly<Record<string, string>> => {
  const { fn } = pciAddressParts(address);
  const [domain = '', bus = '', rest = ''] = address.split(':');
  return { domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${rest.split('.')[0] ?? ''}`, function: `0x${fn}` };
};
