import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceObservation, validate } from '@vfleet/contracts';
import { aFolder, fuzz, spoiledJson, spoiledText } from '@vfleet/testing';
import { BadConfiguration } from './configuration/faults.js';
import { parseHostConf } from './configuration/host-conf.js';
import { parseDeviceNames } from './configuration/properties.js';
import { parseSettings } from './configuration/settings.js';
import { parseYaml } from './configuration/yaml-file.js';
import { parseDomain } from './hypervisor/libvirt-xml.js';
import { parseVfNetwork } from './hypervisor/vf-network.js';
import { parsePciIds } from './names.js';
import { StateLost, stateFile } from './state-file.js';

const SPLINTERS = [
  '\u0000',
  '\ud83d',
  '\\',
  '\n',
  '\t',
  '*',
  '&a [*a]',
  '<<: *a',
  '- ',
  ': ',
  '{',
  '"',
  '|',
  '__proto__: {a: 1}',
  '<![CDATA[',
  '<!ENTITY a "&b;">',
  '&a;',
  '..',
  '%n',
];

const CONFIGURATION = `
hostId: h1
natsUrl: nats://127.0.0.1:4222
heartbeatSeconds: 10
devices:
  - address: "0000:28:*.*"
    name: 10GE
    tags: { rack: b4 }
    physicalNetwork: provider
  - match: { vendorId: "8086", class: "02" }
    exclude: true
hypervisor: { driver: libvirt, uri: "qemu:///system" }
`;

/** What is wrong with a configuration is told with its file, and refused as such. */
const expectRefused = (error: unknown): void => {
  if (!(error instanceof BadConfiguration)) throw error;
  expect(error.faults.length).toBeGreaterThan(0);
  for (const { where, message, line = 1 } of error.faults) {
    expect([where, message].every((text) => text.length > 0)).toBe(true);
    expect(line).toBeGreaterThan(0);
  }
};

describe('a configuration that is nearly right', () => {
  it('is taken, or refused with the file and what is wrong in it', () => {
    let taken = 0;
    fuzz((dice) => {
      try {
        parseSettings(parseYaml(spoiledText(CONFIGURATION, SPLINTERS, dice), 'agent.yaml'), {});
        taken += 1;
      } catch (error) {
        expectRefused(error);
      }
    });
    expect(taken > 0 || process.env['VFLEET_FUZZ_RUNS'] === '1').toBe(true);
  });

  it('is taken, or refused, in the older forms', () => {
    fuzz((dice) => {
      try {
        parseDeviceNames(
          Buffer.from(spoiledText('# names\npci.devices=28:00.1|10GE,\\\n  28:00.2|10GE,\npci.devices : 28:00.3|\\u0041\n', SPLINTERS, dice)),
          'f',
        );
        parseHostConf(parseYaml(spoiledText('disable_custom_device: true\nother: [1, 2]\n', SPLINTERS, dice), 'f'));
      } catch (error) {
        expectRefused(error);
      }
    });
  });
});

const DOMAIN = `<?xml version="1.0"?><domain type='kvm' id='1'><name>vm-1</name><uuid>4b20d080-1b54-4048-85b3-a6a62d165c01</uuid><devices>
<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x28' slot='0x00' function='0x1'/></source>
<alias name='ua-0123456789abcdef0123'/><address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/></hostdev>
<interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x28' slot='0x00' function='0x2'/></source></interface></devices></domain>`;

describe('what a hypervisor says that is nearly right', () => {
  it('is a domain with addresses that are some, or an error that says what could not be read', () => {
    fuzz((dice) => {
      try {
        for (const { address, xml } of parseDomain(spoiledText(DOMAIN, SPLINTERS, dice)).hostdevs) {
          expect(address).toMatch(/^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/);
          expect(xml.length).toBeGreaterThan(0);
        }
      } catch (error) {
        expect((error as Error).message).toMatch(/libvirt('s XML cannot be read| described no domain)/);
      }
    });
  });

  it('is never taken for more than it says of a virtual function', () => {
    const told = [
      {
        ifname: 'ens1f0',
        vfinfo_list: [
          { vf: 0, address: '52:54:00:00:00:01', vlan_list: [{ vlan: 7 }] },
          { vf: 1, mac: 'x', vlan: 3 },
        ],
      },
    ];
    fuzz((dice) => {
      const { mac, vlan } = parseVfNetwork(spoiledJson(told, dice), dice.below(3));
      expect([undefined, 'string']).toContain(mac === undefined ? undefined : typeof mac);
      expect([undefined, 'number']).toContain(vlan === undefined ? undefined : typeof vlan);
    });
  });
});

const IDS =
  '# comment\n8086  Intel Corporation\n\t1572  Ethernet X710\n\t\t8086 0000  sub\nC 02  Network controller\n\t00  Ethernet controller\n\t\t01  x\n';

describe('a database of names that is nearly right', () => {
  it('gives a name or none, never something else', () => {
    fuzz((dice) => {
      const names = parsePciIds(spoiledText(IDS, SPLINTERS, dice));
      for (const name of [
        names.vendor('8086'),
        names.product('8086', '1572'),
        names.class('020000'),
        names.vendor('__proto__'),
        names.class('constructor'),
      ])
        expect(['string', 'undefined']).toContain(typeof name);
    });
  });
});

const OBSERVATION = {
  deviceId: '0123456789abcdef0123',
  identity: 'pci-path:0000/00:1c.0/00.0#8086:1572',
  kind: 'pci',
  address: '0000:28:00.0',
  vendorId: '8086',
  productId: '1572',
  iommuGroup: 3,
  numaNode: null,
  net: [],
  hostUse: [],
  tags: {},
};
const STATE = { version: 1, hostId: 'h1', devices: [{ observation: OBSERVATION, memory: { identity: 'x', macs: [] } }] };

describe('a state file that is nearly right', () => {
  it('is read as devices that the contract takes, or is lost and says so', () => {
    const path = join(aFolder('state'), 'agent-h1.json');
    fuzz((dice) => {
      const text = JSON.stringify(spoiledJson(STATE, dice)) ?? '';
      writeFileSync(path, dice.below(3) === 0 ? spoiledText(text, SPLINTERS, dice) : text);
      try {
        for (const { observation } of stateFile(path, 'h1').load() ?? []) expect(validate(DeviceObservation, observation, 'ignore').ok).toBe(true);
      } catch (error) {
        if (!(error instanceof StateLost)) throw error;
        expect(error.message.length).toBeGreaterThan(0);
      }
    });
  });
});
