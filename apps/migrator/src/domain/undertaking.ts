import { hasHotplugEnded, hotplugDueOf, isHotplugOpen, type Hotplug, type HotplugEvent } from './hotplug.js';
import { hotplugIntentsOf, type HotplugIntent } from './hotplug-intents.js';
import { intentsOf, type Intent } from './intents.js';
import { dueOf, hasEnded, isOpen, type MigrationEvent, type Saga } from './saga.js';

/**
 * What the migrator does with a VM: it moves it, or plugs devices in and unplugs them. Each has an id of its own, a stream, and
 * orders to agents that are numbered by that id; of one VM only one is under way.
 */
export type Undertaking = Saga | Hotplug;
export type UndertakingEvent = MigrationEvent | HotplugEvent;
export type UndertakingIntent = Intent | HotplugIntent;

export const isHotplug = (undertaking: Undertaking): undertaking is Hotplug => 'wish' in undertaking;

/** Nothing more happens by itself. */
export const isOver = (undertaking: Undertaking): boolean => (isHotplug(undertaking) ? hasHotplugEnded(undertaking) : hasEnded(undertaking));

/** It waits for something, or for an answer that may come after its end. */
export const isWaiting = (undertaking: Undertaking): boolean => (isHotplug(undertaking) ? isHotplugOpen(undertaking) : isOpen(undertaking));

/** When the next thing is late, RFC 3339; undefined when nothing has a deadline. */
export const lateAt = (undertaking: Undertaking): string | undefined => (isHotplug(undertaking) ? hotplugDueOf(undertaking) : dueOf(undertaking));

/** What it needs from outside now. */
export const needsOf = (undertaking: Undertaking): readonly UndertakingIntent[] =>
  isHotplug(undertaking) ? hotplugIntentsOf(undertaking) : intentsOf(undertaking);
