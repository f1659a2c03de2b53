import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { scratchFolder } from './scratch.js';

export interface SyntheticSysfs {
  readonly sysfsRoot: string;
  readonly functions: number;
  readonly close: () => void;
}

/** VFs of each NIC in a synthetic tree: with its root port and PF, ten functions a card. */
const VFS = 8;
const FUNCTIONS_PER_CARD = VFS + 2;
const CONFIG_BYTES = 4096;

/** Writes a sysfs tree of SR-IOV NICs, each below a root port of its own, spread over two root buses. */
export const aSyntheticSysfs = (functions: number): SyntheticSysfs => {
  const sysfsRoot = scratchFolder('synthetic');
  const cards = Math.ceil(functions / FUNCTIONS_PER_CARD);
  for (let card = 0; card < cards; card += 1) writeCard(sysfsRoot, card, cards);
  return { sysfsRoot, functions: cards * FUNCTIONS_PER_CARD, close: () => rmSync(sysfsRoot, { recursive: true, force: true }) };
};

const writeCard = (root: string, card: number, cards: number): void => {
  const upper = card >= cards / 2;
  const onRoot = upper ? card - Math.ceil(cards / 2) : card;
  const [rootBus, bus] = [hex(upper ? 0x80 : 0), hex((upper ? 0x81 : 0x01) + onRoot)];
  const numaNode = upper ? 1 : 0;
  const port = `0000:${rootBus}:${hex(onRoot >> 3)}.${onRoot & 7}`;
  const portFolder = `devices/pci0000:${rootBus}/${port}`;
  writeFunction(root, portFolder, {
    ids: ['1b36', '000c', '1b36', '0000'],
    class: '0x060400',
    driver: 'pcieport',
    group: card * FUNCTIONS_PER_CARD,
    numaNode,
  });
  const pf = `0000:${bus}:00.0`;
  const nic = { class: '0x020000', numaNode };
  for (let vf = 0; vf < VFS; vf += 1) {
    const folder = `${portFolder}/0000:${bus}:${hex(0x10 + (vf >> 3))}.${vf & 7}`;
    writeFunction(root, folder, { ...nic, ids: ['8086', '10ca', '8086', '0000'], driver: 'igbvf', group: card * FUNCTIONS_PER_CARD + 2 + vf });
    symlinkSync(`../${pf}`, join(root, folder, 'physfn'));
  }
  writePf(root, `${portFolder}/${pf}`, bus, card, {
    ...nic,
    ids: ['8086', '10c9', '8086', '0000'],
    driver: 'igb',
    group: card * FUNCTIONS_PER_CARD + 1,
  });
};

interface Shape {
  /** Vendor, product, subsystem vendor, subsystem product. */
  readonly ids: readonly [string, string, string, string];
  readonly class: string;
  readonly driver: string;
  readonly group: number;
  readonly numaNode: number;
}

const writePf = (root: string, folder: string, bus: string, card: number, shape: Shape): void => {
  writeFunction(root, folder, shape, serialSpace(card));
  for (let vf = 0; vf < VFS; vf += 1) symlinkSync(`../0000:${bus}:${hex(0x10 + (vf >> 3))}.${vf & 7}`, join(root, folder, `virtfn${vf}`));
  write(root, `${folder}/sriov_totalvfs`, String(VFS));
  write(root, `${folder}/sriov_numvfs`, String(VFS));
  const net = `${folder}/net/eth${card}`;
  write(root, `${net}/address`, `52:54:00:00:${hex(card)}:01`);
  write(root, `${net}/addr_assign_type`, '0');
  write(root, `${net}/type`, '1');
  write(root, `${net}/speed`, '10000');
  write(root, `${net}/carrier`, '1');
};

const writeFunction = (root: string, folder: string, shape: Shape, config: Uint8Array = Buffer.alloc(CONFIG_BYTES)): void => {
  const [vendor, device, subsystemVendor, subsystemDevice] = shape.ids.map((id) => `0x${id}`) as [string, string, string, string];
  const files = {
    vendor,
    device,
    subsystem_vendor: subsystemVendor,
    subsystem_device: subsystemDevice,
    class: shape.class,
    revision: '0x01',
    numa_node: String(shape.numaNode),
    ari_enabled: '0',
  };
  for (const [name, text] of Object.entries(files)) write(root, `${folder}/${name}`, text);
  writeFileSync(join(root, folder, 'config'), config);
  link(root, `${folder}/driver`, `bus/pci/drivers/${shape.driver}`);
  link(root, `${folder}/iommu_group`, `kernel/iommu_groups/${shape.group}`);
  link(root, `bus/pci/devices/${folder.slice(folder.lastIndexOf('/') + 1)}`, folder);
};

/** A configuration space whose extended part holds a device serial number behind another capability. */
const serialSpace = (card: number): Buffer => {
  const config = Buffer.alloc(CONFIG_BYTES);
  config.writeUInt32LE(0x0001 | (1 << 16) | (0x140 << 20), 0x100);
  config.writeUInt32LE(0x0003 | (1 << 16), 0x140);
  config.writeUInt32LE(card + 1, 0x144);
  config.writeUInt32LE(0x525400ff, 0x148);
  return config;
};

const write = (root: string, path: string, text: string): void => {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${text}\n`);
};

const link = (root: string, path: string, target: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  mkdirSync(join(root, target), { recursive: true });
  symlinkSync(relative(dirname(path), target), join(root, path));
};

const hex = (value: number): string => value.toString(16).padStart(2, '0');
