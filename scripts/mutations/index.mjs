/**
 * The guards that are taken out, one at a time. `find` stands exactly once in `file`; `specs` are the files that have
 * to notice, `test` narrows them to some of their tests.
 */
import { AHEAD } from './ahead.mjs';
import { AGENT } from './agent.mjs';
import { APPEND } from './append.mjs';
import { BUS } from './bus.mjs';
import { CLUSTER } from './cluster.mjs';
import { COMMANDS } from './commands.mjs';
import { DEVICES } from './devices.mjs';
import { HARDWARE } from './hardware.mjs';
import { HOTPLUG } from './hotplug.mjs';
import { MESSAGES } from './messages.mjs';
import { OWNER } from './owner.mjs';
import { PAGE } from './page.mjs';
import { RELAY } from './relay.mjs';
import { SEALS } from './seals.mjs';
import { TENANTS } from './tenants.mjs';

export const MUTATIONS = [
  ...DEVICES,
  ...APPEND,
  ...AHEAD,
  ...OWNER,
  ...RELAY,
  ...CLUSTER,
  ...COMMANDS,
  ...HOTPLUG,
  ...AGENT,
  ...HARDWARE,
  ...MESSAGES,
  ...PAGE,
  ...BUS,
  ...SEALS,
  ...TENANTS,
];
