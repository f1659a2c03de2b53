import { describe, expect, it } from '@jest/globals';
import { compileWhere } from '@vfleet/cel';

const NIC = {
  deviceId: 'aa00000000000000000b',
  kind: 'pci',
  address: '0000:28:00.1',
  name: '10GE',
  vendorId: '8086',
  driver: 'vfio-pci',
  functionType: 'vf',
  vfIndex: 3,
  iommuGroup: 17,
  numaNode: 0,
  net: [{ ifname: 'ens1f0', mac: '52:54:00:00:00:01', speedMbps: 25_000, carrier: true }],
  hostUse: [],
  tags: { zone: 'a', 'rack-row': 'b4' },
  deviceType: 'SRIOV-VF',
  speedMbps: 25_000,
  liveMigratable: false,
};
/** Of unknown node, without tags, interfaces and most else. */
const BARE = { deviceId: 'aa00000000000000000c', kind: 'usb', address: '1-4.2', iommuGroup: null, numaNode: null, net: [], hostUse: [], tags: {} };

const compiled = (expression: string) => {
  const where = compileWhere(expression);
  if ('fault' in where) throw new Error(`${expression}: ${where.fault}`);
  return where;
};
const fault = (expression: string): string => {
  const where = compileWhere(expression);
  return 'fault' in where ? where.fault : 'is accepted';
};

describe('a where that is true of a network function', () => {
  it.each([
    'device.numaNode == 0',
    '0 == device.numaNode',
    'device.numaNode != 1 && device.numaNode < 2',
    'device.numaNode in [0, 1]',
    'device.numaNode + 1 == 1',
    'has(device.numaNode) && device.numaNode != null',
    'null != device.iommuGroup',
    'device.speedMbps >= 25000',
    'device.vfIndex % 2 == 1',
    'device.name == "10GE" && device.vendorId == "8086"',
    'device["name"] == "10GE"',
    'device.tags["zone"] == "a" && device.tags.zone == "a"',
    'device.tags["rack-row"] == "b4"',
    '"zone" in device.tags && !("row" in device.tags)',
    'has(device.tags.zone) && !has(device.tags.row)',
    'has(device.driver) && !has(device.serial)',
    'device.address.startsWith("0000:28:") && device.address.endsWith(".1") && device.address.contains("00")',
    'device.address.matches("^0000:2[0-9]:")',
    'device.name.lowerAscii() == "10ge" && size(device.name) == 4 && device.name.size() == 4',
    'device.net.exists(n, n.speedMbps >= 25000 && n.carrier)',
    'device.net.all(n, n.ifname != "lo") && device.net.size() == 1 && device.net[0].ifname == "ens1f0"',
    'device.net.filter(n, has(n.mac)).map(n, n.ifname).exists(name, name == "ens1f0")',
    'device.hostUse.size() == 0',
    'device.tags.exists_one(key, key == "zone")',
    '[1, 3].exists(index, index == device.vfIndex)',
    '(device.numaNode == 0 ? "near" : "far") == "near"',
    '!device.liveMigratable',
    'string(device.vfIndex) == "3" && int("3") == device.vfIndex && double(device.vfIndex) < 3.5',
    '(device.numaNode - (1 - 1)) == (2 - (1 + 1))',
    '(device.vfIndex == 3) == (device.numaNode == 0)',
    '"é\\"\\n😀" == "é\\"\\n😀" && "😀".size() == 1',
    '1.0 == 1.0 && 1e30 > 1.5 && 0x10 == 16 && -1 < 0',
    '{"a": 1, "b": 2}["b"] == 2 && [1, 2][1] == 2',
    'has(device.serial) ? false : device.numaNode == 0',
    'true',
  ])('%s', (expression) => {
    expect(compiled(expression).test(NIC)).toBe(true);
  });
});

describe('a where that is asked about a device without what it reads', () => {
  it.each([
    'device.driver == "vfio-pci"',
    'device.driver != "vfio-pci"',
    '!(device.driver == "vfio-pci")',
    'device.tags["zone"] != "a"',
    'device.tags.zone != "a"',
    'device.numaNode < 1',
    'device.net[0].speedMbps >= 0',
    'device.vfIndex / 0 == 1',
    '-device.numaNode < 1',
    '!(device.numaNode >= 1)',
    'device.vfIndex == 3 ? true : true',
    'device.driver == "x" || device.serial == "y"',
    'device.driver.startsWith("vfio") || device.tags.zone in ["a", "b"]',
  ])('rules the device out: %s', (expression) => {
    expect(compiled(expression).test(BARE)).toBe(false);
  });

  it('knows an unknown NUMA node by null, and as something that the device does not have', () => {
    for (const expression of ['device.numaNode == null', '!has(device.numaNode)', 'device.numaNode != 0', 'null == device.iommuGroup'])
      expect([expression, compiled(expression).test(BARE)]).toEqual([expression, true]);
    expect(compiled('device.numaNode == null || has(device.numaNode)').test({})).toBe(true);
  });

  it('still holds where something else decides', () => {
    expect(compiled('device.kind == "usb" || device.driver == "x"').test(BARE)).toBe(true);
    expect(compiled('device.driver == "x" || device.kind == "usb"').test(BARE)).toBe(true);
    expect(compiled('!(device.driver == "x" && device.kind == "pci")').test(BARE)).toBe(true);
    expect(compiled('(device.driver == "x" && device.kind == "pci") == false').test(BARE)).toBe(true);
    expect(compiled('(device.kind == "usb" ? "usb" : device.driver) == "usb"').test(BARE)).toBe(true);
    expect(compiled('device.net.all(n, n.ifname == device.driver)').test(BARE)).toBe(true);
  });

  it('finds nothing in names that every object has', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(compiled(`"${key}" in device.tags`).test(NIC)).toBe(false);
      expect(compiled(`device.tags["${key}"] != "x"`).test(NIC)).toBe(false);
    }
  });

  it('finds a tag that has such a name', () => {
    const tags = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
    expect(compiled('device.tags["__proto__"] == "a" && device.tags["constructor"] == "b"').test({ ...BARE, tags })).toBe(true);
  });
});

describe('a where that cannot be asked', () => {
  it.each([
    ['', 'at character 1: unexpected token: the end'],
    ['device.numaNode ==', 'at character 19: unexpected token: the end'],
    ['device.numaNode = 0', /^at character 17: /],
    ['(device.numaNode == 0', /^at character 22: expected RPAREN/],
    ['device.nmaNode == 0', 'at character 8: device has no attribute nmaNode; did you mean device.numaNode?'],
    ['has(device.nmaNode)', 'at character 12: device has no attribute nmaNode; did you mean device.numaNode?'],
    ['device["drver"] == "x"', 'at character 1: device has no attribute drver; did you mean device.driver?'],
    ['device.quux == 1', 'at character 8: device has no attribute quux'],
    ['device.constructor == "x"', /^at character 8: device has no attribute constructor/],
    ['device.__proto__ == "x"', /^at character 8: device has no attribute __proto__/],
    ['numaNode == 0', 'at character 1: numaNode is no known name; did you mean device.numaNode?'],
    ['devise.numaNode == 0', 'at character 1: devise is no known name; did you mean device?'],
    ['vm.name == "x"', 'at character 1: vm is no known name'],
    ['device.name == "a" && now() > 1', 'at character 23: now() is no known function'],
    ['timestamp("2026-01-01T00:00:00Z").getDate() == 1', /timestamp\(\) is no known function|getDate\(\) is no known method/],
    ['duration("1h") == duration("1h")', /duration\(\) is no known function/],
    ['device.name.startWith("a")', 'at character 1: .startWith() is no known method; did you mean startsWith?'],
    ['device.name.split("").join("x") == "a"', /is no known method/],
    ['got(device.numaNode)', 'at character 1: got() is no known function'],
    ['device.name.matchesInLinearTime("a")', /is no known method/],
    ['cel.bind(x, 1, x == 1)', /is no known/],
    ['type(device.name) == string', /is no known/],
    ['device == device', 'at character 1: device must be followed by one of its attributes'],
    ['device[device.name] == "x"', /device must be followed/],
    ['device.numaNode == "0"', 'at character 1: no such overload: int == string'],
    ['"0" == device.numaNode', 'at character 1: no such overload: string == int'],
    ['device.numaNode in ["0"]', /^at character 1: no such overload: int in list<string>/],
    ['device.vendorId == 8086', 'at character 1: no such overload: string == int'],
    ['device.tags.zone == 1', /no such overload: string == int/],
    ['device.net[0].ifnam == "x"', /^at character 15: no such key: ifnam/],
    ['device.net.exists(n, n.speed > 1)', /no such key: speed/],
    ['device.net.exists(n, has(n.permamentMac))', /no such field: permamentMac/],
    ['has(device.tags["zone"])', /for a tag write "zone" in device.tags/],
    ['device.driver == null', /only iommuGroup and numaNode may be null; write has/],
    ['device.numaNode', 'gives int, and must give true or false'],
    ['"true"', 'gives string, and must give true or false'],
    ['device.tags', /^gives map<string, string>/],
    ['device.numaNode && true', /logical operator requires bool operands/],
  ] as const)('%s', (expression, message) => {
    if (typeof message === 'string') expect(fault(expression)).toBe(message);
    else expect(fault(expression)).toMatch(message);
  });
});

describe('the names that a where reads', () => {
  it.each([
    ['device.numaNode == 0 && device.tags["zone"] == "a"', ['numaNode', 'tags.zone']],
    ['"zone" in device.tags || device.tags.row == "b"', ['tags.row', 'tags.zone']],
    ['device.tags.exists(k, device.tags[k] == "a")', ['tags']],
    ['device.net.exists(n, n.carrier) && has(device.driver)', ['driver', 'net']],
    ['has(device.tags.zone)', ['tags.zone']],
    ['device["name"] == "a"', ['name']],
    ['true', []],
  ])('%s', (expression, reads) => {
    expect(compiled(expression).reads).toEqual(reads);
  });
});
