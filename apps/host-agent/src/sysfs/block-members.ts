import type { HostUse } from '@vfleet/pci';
import { SIGNATURE } from '../domain/signature.js';
import type { BlockDevices } from './block-devices.js';
import { listIfThere } from './bus-folders.js';
import { readLines } from './read.js';
import { isOneLine } from './text.js';

/** What blkid calls what is a part of something: `LVM2_member`, `linux_raid_member`, `zfs_member`, `mpath_member` (util-linux, libblkid). */
const MEMBER = /^([\w-]{1,64}_member|bcache|ceph_bluestore|drbd)$/;
const ZFS = 'zfs_member';
/** Types of partitions that hold such parts (UEFI, GUID partition table), where blkid says nothing of what is in them. */
const PARTITIONS: Readonly<Record<string, string>> = {
  '6a898cc3-1dd2-11b2-99a6-080020736631': ZFS,
  'e6d6d379-f507-44c2-a23c-238f2a3df928': 'LVM2_member',
  'a19d880f-05fc-4d3b-a006-743f0f84911e': 'linux_raid_member',
  '4fbd7e29-9d25-41b8-afd0-062c0ceff05d': 'ceph_bluestore',
};

export interface BlockMembers {
  /** Names of block devices, each with what it is a part of. */
  readonly uses: ReadonlyMap<string, readonly HostUse[]>;
  /** False where a pool is imported of which no disk is known. */
  readonly complete: boolean;
}

/**
 * Disks that are a part of something without being mounted: of a volume that the kernel has made of them (device mapper, md, bcache:
 * `slaves` of sysfs), of a ZFS pool that is imported (`spl/kstat/zfs` of procfs), or by their signature, which udev's database
 * holds. Signatures are not proof: a guest that had the disk may have left one.
 */
export const blockMembers = (root: string, procRoot: string, runRoot: string, blocks: BlockDevices): BlockMembers => {
  const uses = new Map<string, readonly HostUse[]>();
  const put = (name: string, detail: string): void => void uses.set(name, [{ code: 'mounted', detail }]);
  const pools = importedPools(procRoot);
  const found = new Set<string>();
  for (const name of blocks.names) {
    if (listIfThere(`${root}/class/block/${name}/slaves`).length > 0) put(name, `part of ${blocks.volumeOf(name) ?? name}`);
    const { type, label } = signatureOf(runRoot, blocks.numberOf(name));
    if (type === undefined) continue;
    const pool = type === ZFS && label !== undefined && pools.has(label) ? label : undefined;
    if (pool !== undefined) found.add(pool);
    put(name, pool === undefined ? `${SIGNATURE}${type} on ${name}` : `part of the pool ${pool} on ${name}`);
  }
  return { uses, complete: [...pools].every((pool) => found.has(pool)) };
};

/** Each has a folder; what is a file beside them counts something for all (OpenZFS, module/zfs/spa_stats.c). */
const importedPools = (procRoot: string): ReadonlySet<string> => {
  const folder = `${procRoot}/spl/kstat/zfs`;
  return new Set(listIfThere(folder).filter((name) => isOneLine(name) && listIfThere(`${folder}/${name}`).length > 0));
};

/** What udev's database says of a block device (`b8:2`; systemd, src/libsystemd/sd-device: lines `E:KEY=value`). */
const signatureOf = (runRoot: string, number: string | undefined): { readonly type?: string; readonly label?: string } => {
  if (number === undefined || !/^\d{1,9}:\d{1,9}$/.test(number)) return {};
  const told = new Map<string, string>();
  for (const line of readLines(`${runRoot}/udev/data/b${number}`) ?? []) {
    const [, key, value] = /^E:([A-Z_]{1,64})=(.{1,256})$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) told.set(key, value);
  }
  const type = [told.get('ID_FS_TYPE'), PARTITIONS[told.get('ID_PART_ENTRY_TYPE')?.toLowerCase() ?? '']].find(
    (one) => one !== undefined && MEMBER.test(one),
  );
  const label = told.get('ID_FS_LABEL');
  return { ...(type !== undefined && { type }), ...(label !== undefined && { label }) };
};
