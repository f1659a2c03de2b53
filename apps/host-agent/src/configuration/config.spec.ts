import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { aFolder } from '@vfleet/testing';
import { readConfiguration, type Configuration } from './config.js';

let folder: string;
beforeEach(() => {
  folder = aFolder('configuration');
});
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const read = (yaml: string, environment: NodeJS.ProcessEnv = {}): Configuration =>
  readConfiguration({ config: write('agent.yaml', yaml) }, environment);
const faultsOf = (act: () => unknown): readonly string[] => {
  try {
    act();
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(`${folder}/`, ''));
  }
};

describe('the configuration of an agent', () => {
  it('is complete without any file', () => {
    expect(readConfiguration({}, {})).toMatchObject({
      natsUrl: 'nats://127.0.0.1:4222',
      sysfsRoot: '/sys',
      heartbeatSeconds: 10,
      unsafeIommuGroups: false,
      hypervisor: { driver: 'none' },
    });
  });

  it('is what the file says, and what the environment says over it', () => {
    const yaml = 'hostId: h1\nheartbeatSeconds: 5\nunsafeIommuGroups: true\n';
    expect(read(yaml)).toMatchObject({ hostId: 'h1', heartbeatSeconds: 5, unsafeIommuGroups: true, stateFile: '/var/lib/vfleet/agent-h1.json' });
    const environment = {
      VFLEET_AGENT_HOST_ID: '007',
      VFLEET_AGENT_HEARTBEAT_SECONDS: '7',
      VFLEET_AGENT_SYSFS_ROOT: '/mnt/sys',
      VFLEET_AGENT_DEVICES: '[{address: "28:00.1", name: 10GE}]',
    };
    expect(read(yaml, environment)).toMatchObject({ hostId: '007', heartbeatSeconds: 7, sysfsRoot: '/mnt/sys', devices: [{ name: '10GE' }] });
  });

  it('looks for processes beside the hardware, unless it is told where they are', () => {
    expect([read('').procRoot, read('sysfsRoot: /host/sys').procRoot, read('sysfsRoot: /host/sys\nprocRoot: /proc').procRoot]).toEqual([
      '/proc',
      '/host/proc',
      '/proc',
    ]);
  });

  it('names every fault of every file at once, with its line', () => {
    const yaml = `hostId: h.1
foo: 1
heartbeatSeconds: "10"
devices:
  - address: "28:00.1"
    nam: x
  - address: 0000:28:00.1
    name: x
  - match: {vendorid: "8086"}
    tags: {a: 1}
  - address: "28:*"
  - name: x
hypervisor: {driver: xen}
`;
    const files = {
      config: write('agent.yaml', yaml),
      properties: write('a.properties', 'pci.devices=x'),
      hostConf: write('host.yaml', '\ndisable_custom_device: yes\n'),
    };
    expect(faultsOf(() => readConfiguration(files, {}))).toEqual([
      'agent.yaml:1: hostId must be 1 to 128 letters, digits, _ and -',
      'agent.yaml:2: foo is no setting',
      'agent.yaml:3: heartbeatSeconds must be a whole number from 1 to 3600',
      'agent.yaml:6: devices[0].nam is no setting',
      'agent.yaml:7: devices[1].address 0000:28:00.1 stands already in devices[0]',
      'agent.yaml:9: devices[2].match.vendorid is no key of a match; did you mean vendorId?',
      'agent.yaml:10: devices[2].tags.a must be text',
      'agent.yaml:11: devices[3].address "28:*" is no address and no glob over addresses',
      'agent.yaml:12: devices[4] must say address or match',
      'agent.yaml:13: hypervisor must say driver: libvirt, qmp, simulator, none',
      'a.properties:1: "x" is no entry of the form 28:00.1|NAME',
      'host.yaml:2: disable_custom_device must be true or false',
    ]);
  });

  it.each([
    ['a range from high to low', 'match: {pf: "ens1f0#5-2"}', /match\.pf /],
    ['a range with two dashes', 'match: {pf: "ens1f0#1-2-3"}', /match\.pf /],
    ['an index that is no number', 'match: {pf: "ens1f0#x"}', /match\.pf /],
    ['a PF without a name', 'match: {pf: ""}', /match\.pf /],
    ['a match that says nothing', 'match: {}', /match/],
    ['a part that is no hexadecimal number', 'address: "0000:h4.12:6"', /is no address/],
    ['a function above 7', 'address: "0000:0a:00.8"', /is no address/],
    ['an address that is a list', 'address: ["0a", "00"]', /is no address/],
    ['a product id of five digits', 'match: {productId: "50570"}', /match\.productId /],
    ['a type of function that there is not', 'match: {functionType: VF}', /match\.functionType must be one of pf, vf, plain/],
    ['an exclusion that is no truth value', 'address: "0a:00.0"\n    exclude: 1', /exclude must be true or false/],
    ['a mark of live migration that is text', 'address: "0a:00.0"\n    liveMigratable: "yes"', /liveMigratable must be true or false/],
    ['more virtual functions than there can be', 'address: "0a:00.0"\n    numVfs: 70000', /numVfs must be a whole number/],
  ])('is refused for %s', (_, rule, fault) => {
    const faults = faultsOf(() => read(`devices:\n  - ${rule}\n`));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^agent\.yaml:[23]: devices\[0\]/);
    expect(faults[0]).toMatch(fault);
  });

  it('says what becomes of devices that VMs have left, where a hypervisor tells of them', () => {
    expect(read('deviceReset: required\nhypervisor: {driver: libvirt}').deviceReset).toBe('required');
    expect(read('hypervisor: {driver: libvirt}', { VFLEET_AGENT_DEVICE_RESET: 'off' }).deviceReset).toBe('off');
    expect(read('deviceReset: off').deviceReset).toBe('off');
    expect(faultsOf(() => read('hostId: h1\ndeviceReset: always'))).toEqual(['agent.yaml:2: deviceReset must be one of off, try, required']);
    expect(faultsOf(() => read('hostId: h1\ndeviceReset: required'))).toEqual([
      'agent.yaml:2: deviceReset needs a hypervisor, which says what VMs have left',
    ]);
    expect(faultsOf(() => read('', { VFLEET_AGENT_DEVICE_RESET: 'try' }))).toEqual([
      'VFLEET_AGENT_DEVICE_RESET: deviceReset needs a hypervisor, which says what VMs have left',
    ]);
  });

  it('completes what it says of the hypervisor', () => {
    const hypervisor = (yaml: string): unknown => read(`hypervisor: ${yaml}`).hypervisor;
    expect([hypervisor('{driver: libvirt}'), hypervisor('{driver: qmp, sockets: /run/vms}'), hypervisor('{driver: simulator}')]).toEqual([
      { driver: 'libvirt', uri: 'qemu:///system', virsh: 'virsh', vmId: 'name' },
      { driver: 'qmp', sockets: '/run/vms', ip: 'ip' },
      { driver: 'simulator', faults: [] },
    ]);
    const bench = {
      driver: 'qmp',
      sockets: { 'vm-1': '/a' },
      ports: ['rp1'],
      models: { '0000:01:10.2': { driver: 'virtio-net-pci', netdev: 'n0' } },
    };
    expect(read('', { VFLEET_AGENT_HYPERVISOR: JSON.stringify(bench) }).hypervisor).toEqual({ ...bench, ip: 'ip' });
  });

  it('names what is wrong about the hypervisor, each with its line', () => {
    const qmp = `hypervisor:
  driver: qmp
  sockets: {a b: 1}
  ports: rp1
  models:
    1:2.3: {driver: e1000e}
    0000:01:10.2: {}
  uri: x
`;
    expect(faultsOf(() => read(qmp))).toEqual([
      'agent.yaml:3: hypervisor.sockets.a b must be 1 to 128 letters, digits, _ and -',
      'agent.yaml:3: hypervisor.sockets.a b must be the path of a socket',
      'agent.yaml:4: hypervisor.ports must be a list of texts',
      'agent.yaml:6: hypervisor.models.1:2.3 must be a whole address as 0000:28:00.1',
      'agent.yaml:7: hypervisor.models.0000:01:10.2 must say driver: a device model of QEMU',
      'agent.yaml:8: hypervisor.uri is no setting of the driver qmp',
    ]);
    expect(faultsOf(() => read('hypervisor: {driver: qmp}'))).toEqual(['agent.yaml:1: hypervisor must say sockets for the driver qmp']);
    expect(faultsOf(() => read('hypervisor: {driver: libvirt, vmId: id}'))).toEqual(['agent.yaml:1: hypervisor.vmId must be name or uuid']);
    expect(faultsOf(() => read('hypervisor:\n  driver: simulator\n  faults:\n    - share: 2\n      crash: now\n      slow: 1\n    - 1\n'))).toEqual([
      'agent.yaml:4: hypervisor.faults[0].share must be a number from 0 to 1',
      'agent.yaml:5: hypervisor.faults[0].crash must be before or after',
      'agent.yaml:6: hypervisor.faults[0].slow is no setting',
      'agent.yaml:7: hypervisor.faults[1] must be a mapping',
    ]);
  });

  it('is refused when it is no YAML, no mapping, says a key twice, or is not there', () => {
    expect(faultsOf(() => read('a: [1\n'))).toEqual([expect.stringMatching(/^agent\.yaml:\d+: /)]);
    expect(faultsOf(() => read('- 1'))).toEqual(['agent.yaml:1: must be a mapping of keys to values']);
    expect(faultsOf(() => read('hostId: a\nhostId: b'))[0]).toMatch(/^agent\.yaml:[12]: /);
    expect(faultsOf(() => readConfiguration({ config: join(folder, 'none') }, {}))).toEqual([expect.stringContaining('none: cannot be read')]);
  });

  it('names the variable that is wrong', () => {
    expect(faultsOf(() => read('', { VFLEET_AGENT_RESCAN_SECONDS: '0' }))).toEqual([
      'VFLEET_AGENT_RESCAN_SECONDS: rescanSeconds must be a whole number from 1 to 86400',
    ]);
  });

  it('takes of the older host configuration whether custom models are off, and nothing else', () => {
    const customDevices = (text: string): boolean | undefined => readConfiguration({ hostConf: write('host.yaml', text) }, {}).customDevices;
    expect([
      customDevices('disable_custom_device: true\nother: [1]\n'),
      customDevices('disable_custom_device: false'),
      customDevices(''),
      readConfiguration({}, {}).customDevices,
    ]).toEqual([false, true, true, undefined]);
  });
});
