import type { Decider } from '@vfleet/decider';
import { hotplugDecider, type HotplugCommandIn } from './hotplug.decider.js';
import { NO_HOTPLUG, type HotplugEvent } from './hotplug.js';
import { sagaDecider, type SagaCommandIn } from './saga.decider.js';
import { NO_SAGA, type MigrationEvent } from './saga.js';
import { isHotplug, type Undertaking, type UndertakingEvent } from './undertaking.js';

export type UndertakingCommand = SagaCommandIn | HotplugCommandIn;

/** Moves and hot-plugs by one road: the first thing that is heard, or has happened, says which of them it is. */
export const undertakingDecider: Decider<Undertaking, UndertakingCommand, UndertakingEvent> = {
  initialState: NO_SAGA,
  decide: (undertaking, command) => {
    const one = undertaking.state === 'none' && command.type === 'Hotplug' ? NO_HOTPLUG : undertaking;
    if (isHotplug(one)) return isForHotplug(command) ? hotplugDecider.decide(one, command) : [];
    return isForMove(command) ? sagaDecider.decide(one, command) : [];
  },
  evolve: (undertaking, event) => {
    const one = undertaking.state === 'none' && event.type === 'HotplugRequested' ? NO_HOTPLUG : undertaking;
    return isHotplug(one) ? hotplugDecider.evolve(one, event as HotplugEvent) : sagaDecider.evolve(one, event as MigrationEvent);
  },
};

/** What is told of a VM or an agent is told to whatever is under way there. */
const BOTH = { Answered: true, VmSeen: true, TimePassed: true, Reject: true } as const;
const HOTPLUG: { readonly [Type in HotplugCommandIn['type']]: true } = {
  ...BOTH,
  Hotplug: true,
  Prepared: true,
  GivenBack: true,
  NotGivenBack: true,
};

const isForHotplug = (command: UndertakingCommand): command is HotplugCommandIn => command.type in HOTPLUG;
const isForMove = (command: UndertakingCommand): command is SagaCommandIn => command.type in BOTH || !(command.type in HOTPLUG);
