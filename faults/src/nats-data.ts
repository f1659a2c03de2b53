import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.js';

/** Where the stage's NATS server keeps its streams and consumers. */
export const jetstreamFolder = ({ bus }: Stage): string => join(bus.storeDir, 'jetstream');

const copyOf = ({ folder }: Stage): string => join(folder, 'jetstream-copy');

/** Keeps what the server holds now; it must not run. */
export const keepCopy = (stage: Stage): void => cpSync(jetstreamFolder(stage), copyOf(stage), { recursive: true, preserveTimestamps: true });

/** Puts the copy in the place of what the server holds; it must not run. */
export const putBack = (stage: Stage): void => {
  rmSync(jetstreamFolder(stage), { recursive: true, force: true });
  cpSync(copyOf(stage), jetstreamFolder(stage), { recursive: true, preserveTimestamps: true });
};
