import { describe, expect, it } from '@jest/globals';
import type { Device, TreeNode } from '@vfleet/contracts';
import { toTree } from './device-tree.js';

const device = (deviceId: string, parentDeviceId?: string, pciClass = '020000'): Device =>
  ({ deviceId, class: pciClass, ...(parentDeviceId !== undefined && { parentDeviceId }) }) as Device;
/** `a(b c(d))` */
const drawn = (nodes: readonly TreeNode[]): string =>
  nodes.map(({ device: { deviceId }, children }) => (children.length > 0 ? `${deviceId}(${drawn(children)})` : deviceId)).join(' ');

describe('the tree of a host', () => {
  it('has root ports first, then controllers, then the rest, each with what is below it', () => {
    const devices = [
      device('hostBridge', undefined, '060000'),
      device('sound', undefined, '040300'),
      device('usb', undefined, '0c0330'),
      device('port', undefined, '060400'),
      device('stick', 'usb'),
      device('vf0', 'pf'),
      device('pf', 'port'),
      device('vf1', 'pf'),
    ];
    expect(drawn(toTree(devices))).toBe('port(pf(vf0 vf1)) usb(stick) hostBridge sound');
  });

  it('shows a device at the top whose parent is not there', () => {
    expect(drawn(toTree([device('vf', 'gone'), device('nic')]))).toBe('vf nic');
  });

  it('shows every device once, also such as claim to be their own parents', () => {
    expect(drawn(toTree([device('a', 'b'), device('b', 'a'), device('c', 'c'), device('d', 'a')]))).toBe('a(b d) c');
  });
});
