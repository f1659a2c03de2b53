import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { blocksOf, isForShell, reasonNotToRun, type Block } from './blocks.js';
import { consoleCommands, onlyLooks, prints, type Command } from './console.js';
import { allPages, ROOT } from './pages.js';
import { aScratchCheckout, withItsPorts, type ScratchCheckout } from './scratch-checkout.js';
import { ShellSession, type Done } from './shell-session.js';
import { StayingCommand } from './staying-command.js';

/**
 * Runs every command of the documentation, page by page and in order, in a checkout of its own. A page that starts a system itself
 * has that one; all others share one. What only looks is asked again until it shows what the page shows, as a reader would. Blocks
 * that are not run say why, and are listed in the names of the specs.
 */
const START_MS = 200_000;
const LOOK_AGAIN_MS = 60_000;
const START = 'npm start';

const checkInstalled = async (): Promise<void> => {
  const { isInstalled } = (await import(pathToFileURL(join(ROOT, 'scripts/prepare.mjs')).href)) as { readonly isInstalled: () => boolean };
  if (!isInstalled()) throw new Error('packages differ from the lock: `npm start` would install them in the middle of the specs; run npm ci before');
};

const startedIn = async (checkout: ScratchCheckout, command: string, shown: string): Promise<StayingCommand> => {
  const staying = new StayingCommand(command, checkout);
  await staying.shows(shown);
  return staying;
};

let shared: Promise<{ readonly checkout: ScratchCheckout; readonly system: StayingCommand }> | undefined;
const sharedSystem = async (): Promise<ScratchCheckout> => {
  shared ??= (async () => {
    const checkout = aScratchCheckout();
    return { checkout, system: await startedIn(checkout, START, '…\nvfleet: ready, the dashboard is at …') };
  })();
  return (await shared).checkout;
};

/** What goes on as long as a page is read. */
interface Reading {
  readonly checkout: ScratchCheckout;
  readonly session: ShellSession;
  readonly staying: StayingCommand[];
}

const whatIsShown = (block: Block): readonly Command[] =>
  block.language === 'console' ? consoleCommands(block.text) : [{ text: block.text, prints: undefined }];

const typed = async (session: ShellSession, { text, prints: shown }: Command): Promise<Done> => {
  for (const end = Date.now() + LOOK_AGAIN_MS; ;) {
    const done = await session.type(text);
    if (shown === undefined || prints(done.printed, shown) || !onlyLooks(text) || Date.now() > end) return done;
  }
};

const expectShown = async (block: Block, { checkout, session, staying }: Reading): Promise<void> => {
  for (const command of whatIsShown(block)) {
    const { prints: shown } = command;
    if (block.stays) {
      staying.push(await startedIn(checkout, command.text, shown ?? '…'));
      continue;
    }
    const { printed, exitCode } = await typed(session, { ...command, text: withItsPorts(command.text, checkout) });
    if (shown === undefined) expect({ printed, exitCode }).toEqual({ printed, exitCode: 0 });
    else expect(prints(printed, shown) ? shown : printed).toBe(shown);
  }
};

beforeAll(checkInstalled);
afterAll(async () => void (await (await shared)?.system.interrupt()));

const isRun = (block: Block): boolean => reasonNotToRun(block) === undefined;
const pages = allPages().map((page) => ({ page, blocks: blocksOf(page).filter(isForShell) }));

describe.each(pages.filter(({ blocks }) => blocks.some(isRun)))('a reader of $page.path', ({ blocks }) => {
  let reading: Reading;

  beforeAll(async () => {
    const checkout = blocks.some(({ stays }) => stays) ? aScratchCheckout() : await sharedSystem();
    reading = { checkout, session: new ShellSession(checkout.folder, checkout.environment), staying: [] };
  }, START_MS);

  afterAll(async () => {
    await reading.session.close();
    for (const staying of reading.staying.reverse()) await staying.interrupt();
  });

  it.each(blocks.filter(isRun))('gets what is shown at line $line', (block) => expectShown(block, reading), START_MS);
});

describe('what is not run', () => {
  const left = pages.flatMap(({ blocks }) => blocks).map((block) => ({ ...block, reason: reasonNotToRun(block) }));

  it.each(left.filter(({ reason }) => reason !== undefined))('$page:$line: $reason', async (block) => {
    const session = new ShellSession(ROOT, process.env);
    const commands = whatIsShown(block).map(({ text }) => text);
    const { printed } = await session.type(`bash -n <<'END-OF-BLOCK'\n${commands.join('\n')}\nEND-OF-BLOCK`);
    await session.close();
    expect(printed).toBe('');
  });
});
