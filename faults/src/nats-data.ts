import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { COPY } from './read-log.js';
import type { Stage } from './stage.js';

/** Where the stage's NATS server keeps its streams and consumers. */
export const jetstreamFolder = ({ bus }: Stage): string => join(bus.storeDir, 'jetstream');

/** The messages of the copy alone, without its consumers. */
export const messagesFolder = (stage: Stage): string => join(jetstreamFolder(stage), '$G', 'streams', COPY, 'msgs');

const keep = (stage: Stage, folder: string, name: string): void =>
  cpSync(folder, join(stage.folder, name), { recursive: true, preserveTimestamps: true });

const putBackFrom = (stage: Stage, folder: string, name: string): void => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(stage.folder, name), folder, { recursive: true, preserveTimestamps: true });
};

/** Keeps what the server holds now; it must not run. */
export const keepCopy = (stage: Stage): void => keep(stage, jetstreamFolder(stage), 'jetstream');

/** Puts what was kept in the place of what the server holds; it must not run. */
export const putBack = (stage: Stage): void => putBackFrom(stage, jetstreamFolder(stage), 'jetstream');

/** The same for the messages of the copy alone. */
export const keepMessages = (stage: Stage): void => keep(stage, messagesFolder(stage), 'messages');

export const putMessagesBack = (stage: Stage): void => putBackFrom(stage, messagesFolder(stage), 'messages');
