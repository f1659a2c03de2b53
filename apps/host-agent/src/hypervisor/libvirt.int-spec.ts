import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import fc from 'fast-check';
import { until } from '@vfleet/testing';
import { libvirtDriver } from './libvirt.js';
import { hostdevXml, parseDomain } from './libvirt-xml.js';
import { aLibvirtStage, type LibvirtStage } from './testing/libvirt-stage.js';
import { A_DEVICE, ANOTHER_DEVICE, anOrder } from './testing/stage.js';

const NEVER = new AbortController().signal;
const VF = { vf: { pf: 'ens1f0', index: 2 }, mac: '52:54:00:00:00:07', vlan: 42 };

describe('a domain of libvirt', () => {
  let stage: LibvirtStage;
  afterEach(() => stage.close());

  it('gets a virtual function with its MAC and VLAN as an interface, and any other device as it is', async () => {
    stage = await aLibvirtStage();
    await stage.driver.attach(anOrder('vm-1', VF), NEVER);
    await stage.driver.attach(anOrder('vm-1', { ...ANOTHER_DEVICE, mac: VF.mac }), NEVER);
    const [vf, other] = stage.domain().devices.map(({ xml }) => xml);
    expect(vf).toContain('<interface type="hostdev" managed="yes"><mac address="52:54:00:00:00:07"/><vlan><tag id="42"/></vlan>');
    expect(other).toContain('<hostdev mode="subsystem" type="pci" managed="yes">');
    expect(await stage.driver.attachments()).toHaveLength(2);
  });

  it('gets the device where the guest saw it before, and elsewhere when something is there', async () => {
    stage = await aLibvirtStage();
    const guestAddress = '0000:06:00.0';
    expect(await stage.driver.attach(anOrder('vm-1', { guestAddress }), NEVER)).toEqual({ done: 'attached', guestAddress });
    expect(await stage.driver.attach(anOrder('vm-1', { ...ANOTHER_DEVICE, guestAddress }), NEVER)).toEqual({
      done: 'attached',
      guestAddress: '0000:02:00.0',
    });
  });

  it('is rid of a device that somebody else attached', async () => {
    const xml =
      '<hostdev mode="subsystem" type="pci" managed="yes"><source><address domain="0x0000" bus="0x01" slot="0x10" function="0x2"/></source></hostdev>';
    stage = await aLibvirtStage({ devices: [{ xml }] });
    expect(await stage.driver.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);
    expect(await stage.driver.detach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'detached' });
    expect(stage.domain().devices).toEqual([]);
  });

  it('is believed to be rid of a device only when it is, also where its event is missed', async () => {
    stage = await aLibvirtStage();
    await stage.driver.attach(anOrder('vm-1'), NEVER);
    stage.guestIs('silent');
    let over = false;
    const detached = stage.driver.detach(anOrder('vm-1'), NEVER).finally(() => (over = true));
    await until('virsh to have said success', () => stage.domain().asked === true);
    expect(over).toBe(false);
    stage.change({ devices: [] });
    expect(await detached).toMatchObject({ done: 'detached' });
  });

  it('is known by its UUID where the configuration says so, and its number is nobody', async () => {
    stage = await aLibvirtStage({}, 'uuid');
    const { uuid } = stage.domain();
    expect(await stage.driver.attach(anOrder(uuid), NEVER)).toMatchObject({ done: 'attached' });
    expect(await stage.driver.attachments()).toEqual([{ vmId: uuid, address: A_DEVICE.address }]);
    expect(await stage.driver.detach(anOrder('1'), NEVER)).toMatchObject({ failed: 'VM_NOT_FOUND' });
  });
});

describe('a host without virsh', () => {
  it('says so, and hides its attachments', async () => {
    const options = { uri: 'qemu:///system', virsh: '/nonexistent/virsh', vmId: 'name' } as const;
    const driver = libvirtDriver(options, { changed: () => {} }, pino({ level: 'silent' }));
    expect(await driver.attach(anOrder('vm-1'), NEVER)).toMatchObject({ failed: 'DRIVER_ERROR' });
    expect(await driver.attachments()).toBeUndefined();
    expect(await driver.describe()).toEqual({ driver: 'libvirt' });
    await driver.close();
  });
});

describe('the XML of a device', () => {
  it('carries any text as text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`<>&"'/]a -ü\u00e9=`) }), (mac) => {
        const xml = hostdevXml(anOrder('vm-1', { ...VF, mac }));
        const [hostdev] = parseDomain(`<domain><devices>${xml}</devices></domain>`).hostdevs;
        expect(hostdev).toMatchObject({ address: A_DEVICE.address, alias: `ua-${A_DEVICE.deviceId}` });
        expect(parseDomain(`<domain><name>${/<mac address="([^"]*)"/.exec(xml)?.[1]}</name></domain>`).name).toBe(mac);
      }),
      { numRuns: 500 },
    );
  });

  it('is not made for an address that is none', () => {
    expect(() => hostdevXml(anOrder('vm-1', { address: "0000:01:10.2'/><evil x='" }))).toThrow('is no PCI address');
  });
});
