/** A file of an archive; a folder has no bytes, a link has the path that it leads to. */
export interface ArchiveEntry {
  /** Relative, without a leading slash; folders before what is in them. */
  readonly path: string;
  readonly kind: 'file' | 'program' | 'folder' | 'link';
  readonly bytes?: Buffer;
}

/** File types and permissions, as in stat(2). */
const MODES = { file: 0o100644, program: 0o100755, folder: 0o040755, link: 0o120777 } as const;
const MAGIC = '070701';
const LAST = 'TRAILER!!!';

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

/** Name and content each end at a multiple of four bytes. */
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

const member = (path: string, mode: number, bytes: Buffer, inode: number): Buffer => {
  const name = Buffer.from(`${path}\0`);
  const [uid, gid, links, modified, device] = [0, 0, 1, 0, 0];
  const fields = [inode, mode, uid, gid, links, modified, bytes.length, device, device, device, device, name.length, 0];
  return Buffer.concat([padded(Buffer.concat([Buffer.from(MAGIC + fields.map(hex).join('')), name])), padded(bytes)]);
};

/** A cpio archive in the format that Linux unpacks as its initramfs: "newc", Documentation/driver-api/early-userspace/buffer-format.rst. */
export const cpioArchive = (entries: readonly ArchiveEntry[]): Buffer =>
  Buffer.concat([
    ...entries.map(({ path, kind, bytes = Buffer.alloc(0) }, index) => member(path, MODES[kind], bytes, index + 1)),
    member(LAST, 0, Buffer.alloc(0), 0),
  ]);
