import type { FaultRow, Outcome } from '../fault-row.js';
import { aSecuredBus, isAllowed } from '../secured-bus.js';
import type { Stage } from '../stage.js';

type Act = readonly [act: 'publish' | 'subscribe', subject: string];

/** By the number of the threat: what whoever has stolen the certificate of host `h1` may try. */
const ABUSES: Readonly<Record<string, readonly Act[]>> = {
  "1, another host's facts": [
    ['publish', 'vfleet.in.host.h2.DeviceDiscovered'],
    ['publish', 'vfleet.in.host.h2.InventoryAttested'],
    ['publish', 'vfleet.in.host.h1.DeviceDiscovered.more'],
    ['publish', 'vfleet.in.vm.vm-1.VmStateChanged'],
  ],
  '2, events': [
    ['publish', 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
    ['publish', 'vfleet.evt.device.h1.d.DeviceDiscovered'],
    ['publish', 'vfleet.dlq.host.h1.DeviceDiscovered'],
  ],
  '3, what others say': [
    '>',
    'vfleet.>',
    'vfleet.in.>',
    'vfleet.in.host.h2.>',
    'vfleet.evt.>',
    'vfleet.api.>',
    '_INBOX.>',
    '_INBOX_h2.>',
    '_INBOX.operator.>',
    '$SYS.>',
    '$SRV.>',
  ].map((subject) => ['subscribe', subject]),
  '4, streams': [
    ...['DELETE', 'PURGE', 'MSG.GET', 'INFO', 'CREATE', 'UPDATE', 'MSG.DELETE'].flatMap((verb) =>
      ['VFLEET_IN', 'VFLEET_EVT'].map((stream): Act => ['publish', `$JS.API.STREAM.${verb}.${stream}`]),
    ),
    ['publish', '$JS.API.STREAM.NAMES'],
    ['publish', '$JS.API.CONSUMER.CREATE.VFLEET_EVT'],
  ],
  "5, another host's commands": [
    ['subscribe', 'vfleet.agent.h2.>'],
    ['subscribe', 'vfleet.agent.>'],
    ['subscribe', 'vfleet.agent.*.hostdev.attach'],
    ['publish', 'vfleet.agent.h2.hostdev.attach'],
    ['publish', '$JS.API.CONSUMER.MSG.NEXT.VFLEET_IN.allocator-1'],
    ['publish', '$JS.ACK.VFLEET_IN.allocator-1.1.1.1.1.1'],
  ],
  '6, unasked replies and changes': [
    ['publish', '_INBOX.allocator.guessed'],
    ['publish', '_INBOX_h2.guessed'],
    ...['devices.cordon', 'vms.report', 'reservations.release', 'migrations.start', 'deadletters.replay', 'policies.put'].map((name): Act => [
      'publish',
      `vfleet.api.${name}`,
    ]),
  ],
};
/** Without these an agent is none: a server that refuses everything keeps no promise. */
const NEEDED: readonly Act[] = [
  ['publish', 'vfleet.in.host.h1.DeviceDiscovered'],
  ['subscribe', 'vfleet.agent.h1.>'],
  ['subscribe', '_INBOX_h1.>'],
];

const everythingAllowed = (configuration: string): string =>
  configuration.replaceAll(/^(\s*(?:publish|subscribe)): \{.*\}$/gm, '$1: { allow: [">"] }');

const abuse = async (stage: Stage, change?: (configuration: string) => string): Promise<Outcome> => {
  const bus = await aSecuredBus(stage, ['h1', 'h2'], change);
  const thief = await bus.connectAs('h1');
  const taken: string[] = [];
  const acts = Object.entries(ABUSES).flatMap(([threat, some]) => some.map((act) => ({ threat, act })));
  for (const { threat, act } of acts) if (await isAllowed(thief, ...act)) taken.push(`threat ${threat}: may ${act.join(' to ')}`);
  const missing: string[] = [];
  for (const act of NEEDED) if (!(await isAllowed(thief, ...act))) missing.push(`an agent needs to ${act.join(' to ')}`);
  await thief.close();
  const denied = acts.length - taken.length;
  const note = taken[0] ?? missing[0] ?? `${denied} of ${acts.length} acts denied`;
  return {
    acknowledged: 0,
    lost: 0,
    doubled: 0,
    kept: taken.length + missing.length === 0,
    note: taken.length > 0 ? `${denied} of ${acts.length} acts denied; ${note}` : note,
  };
};

export const row: FaultRow = {
  number: 40,
  fault: "a host agent's certificate in the hands of somebody else",
  promise: 'it may speak for its own host alone: each other act of threats 1 to 6 is denied',
  quick: true,
  run: (stage) => abuse(stage),
  // The guard is the permissions of the configuration: here everybody who is known may do everything.
  control: (stage) => abuse(stage, everythingAllowed),
};
