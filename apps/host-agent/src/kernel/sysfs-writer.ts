import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** How the agent asks the kernel for something: by writing into an attribute. */
export interface SysfsWriter {
  /** Below the root of sysfs. Resolves when the kernel has done it. @throws KernelRefused */
  write(path: string, text: string): Promise<void>;
}

export class KernelRefused extends Error {
  override readonly name = 'KernelRefused';

  /** `errno`: as the kernel said it, `EIO`. */
  constructor(
    message: string,
    readonly errno?: string,
  ) {
    super(message);
  }
}

/** An attribute is there or not: none is made by writing, and no link is followed out of the tree. */
const WRITE_SAFELY = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export const sysfsWriter = (sysfsRoot: string): SysfsWriter => ({
  write: async (path, text) => {
    try {
      const file = await open(`${sysfsRoot}/${path}`, WRITE_SAFELY);
      try {
        await file.write(`${text}\n`);
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new KernelRefused(`${path} does not take ${text.trim() || 'nothing'} (${code ?? 'unknown error'})`, code);
    }
  },
});
