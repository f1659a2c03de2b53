import type { Command } from 'commander';
import type { CommonOptions } from '../options.js';
import { recordView, render, type Kind } from '../render/format.js';
import type { SealKeyFiles } from '../security/seal-key.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

const SEAL_KEY: Kind<SealKeyFiles> = {
  columns: [
    { head: 'KEY', of: ({ keyId }) => keyId },
    { head: 'PRIVATE', of: ({ privateKey }) => privateKey },
    { head: 'PUBLIC', of: ({ publicKey }) => publicKey },
  ],
  name: ({ keyId }) => keyId,
};

const DEFAULT_FOLDER = 'vfleet-seal';

export const addSealKey = (noun: Command, terminal: Terminal): void => {
  addVerb(noun, {
    name: 'seal-key',
    tells: 'make a key that the allocator seals the journal with, and the public key that tells whether it did',
    examples: ['vfleet security seal-key', 'vfleet security seal-key --folder /etc/vfleet/seal'],
  })
    .option('--folder <folder>', 'where seal.key and seal.pub are written; nothing is overwritten', DEFAULT_FOLDER)
    .action(async (_: unknown, command: Command) => {
      const { folder, output } = command.optsWithGlobals<CommonOptions & { readonly folder: string }>();
      const { makeSealKey } = await import('../security/seal-key.js');
      terminal.out(render(recordView(SEAL_KEY, makeSealKey(folder)), output, terminal.paint));
      terminal.note('the private key is for the allocator alone; keep the public one where the database’s owner cannot change it\n');
    });
};
