import type { DetachedFromVm, EventData, Released, Reservation, Vm, VmReportOutcome } from '@vfleet/contracts';
import { recordView, type Column, type Kind, type Line, type View } from './format.js';
import { paintState, toneOf, type Paint } from './paint.js';
import { NOTHING, counted, orNothing, requestText, reservedText } from './text.js';

const RESERVATION_COLUMNS: readonly Column<Reservation>[] = [
  { head: 'VM', of: ({ vmId }) => vmId },
  { head: 'HOST', of: ({ hostId }) => hostId },
  { head: 'STATE', of: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  { head: 'SINCE', of: ({ since }) => since },
  { head: 'DEVICES', of: ({ devices }) => devices.map(({ address }) => address).join(' ') },
  { head: 'RESERVATION', of: ({ reservationId }) => reservationId, tone: () => 'dim' },
  { head: 'REQUESTS', of: ({ devices }) => devices.map(({ requestName }) => requestName).join(' '), wide: true },
  { head: 'REMARKS', of: (one) => remarks(one).join(' '), wide: true },
];

const remarks = ({ unsafe, adopted, orphaned, migrationId }: Reservation): readonly string[] => [
  ...(unsafe ? ['unsafe'] : []),
  ...(adopted ? ['adopted'] : []),
  ...(orphaned ? ['orphaned'] : []),
  ...(migrationId === undefined ? [] : [`for ${migrationId}`]),
];

const reservationLines = (reservation: Reservation, paint: Paint): readonly Line[] => [
  ['vm', orNothing(reservation.vmId)],
  ['host', orNothing(reservation.hostId)],
  ['state', paintState(reservation.state, paint)],
  ['since', orNothing(reservation.since)],
  ...reservation.devices.map((device) => ['device', reservedText(device)] as const),
  ...(reservation.unsafe ? [['isolation', paint.warn('the host shares IOMMU groups')] as const] : []),
  ...(reservation.adopted ? [['adopted', paint.warn('found attached; nobody asked for it')] as const] : []),
  ...(reservation.orphaned ? [['orphaned', paint.warn('its host has none of it attached')] as const] : []),
  ['reservation', orNothing(reservation.reservationId)],
];

export const RESERVATIONS: Kind<Reservation> = { columns: RESERVATION_COLUMNS, name: ({ vmId }) => vmId, lines: reservationLines };

const VM_COLUMNS: readonly Column<Vm>[] = [
  { head: 'VM', of: ({ vmId }) => vmId },
  { head: 'STATE', of: ({ state }) => state },
  { head: 'HOST', of: ({ hostId }) => hostId },
  {
    head: 'WANTS',
    of: ({ wishes }) => [...wishes.devices.map(requestText), ...(wishes.offering === undefined ? [] : [`offering ${wishes.offering}`])].join('; '),
  },
  { head: 'HOLDS', of: ({ devices }) => devices.map(({ address }) => address).join(' ') },
  { head: 'TENANT', of: ({ tenant }) => tenant },
  { head: 'AS OF', of: ({ occurredAt }) => occurredAt },
];

const vmLines = (vm: Vm): readonly Line[] => [
  ['vm', orNothing(vm.vmId)],
  ['state', orNothing(vm.state)],
  ['host', orNothing(vm.hostId)],
  ['as of', `${orNothing(vm.occurredAt)}${vm.sequence === null ? '' : ` (sequence ${vm.sequence})`}`],
  ...(vm.tenant === undefined ? [] : [['tenant', orNothing(vm.tenant)] as const]),
  ...vm.wishes.devices.map((request) => ['wants', requestText(request)] as const),
  ...(vm.wishes.offering === undefined ? [] : [['wants', `offering ${orNothing(vm.wishes.offering)}`] as const]),
  ...vm.devices.map((device) => ['holds', reservedText(device)] as const),
  ['reservation', orNothing(vm.reservation?.reservationId)],
  ...(vm.migrationId === undefined ? [] : [['is moving', orNothing(vm.migrationId)] as const]),
];

export const VMS: Kind<Vm> = { columns: VM_COLUMNS, name: ({ vmId }) => vmId, lines: vmLines };

/** A VM by what it holds. */
export const VM_HOLDINGS: Kind<Reservation> = {
  name: ({ vmId }) => vmId,
  columns: [
    { head: 'VM', of: ({ vmId }) => vmId },
    { head: 'HOST', of: ({ hostId }) => hostId },
    { head: 'HOLDS', of: ({ devices }) => counted(devices.length, 'device') },
    { head: 'DEVICES', of: ({ devices }) => devices.map(({ address }) => address).join(' ') },
    { head: 'STATE', of: ({ state }) => state, tone: ({ state }) => toneOf(state) },
    { head: 'SINCE', of: ({ since }) => since, wide: true },
  ],
};

/** What a VM holds once something was taken from it. */
export const heldView = (held: DetachedFromVm): View =>
  held.reservation
    ? { ...recordView(RESERVATIONS, held.reservation), value: held }
    : recordView<DetachedFromVm>(
        {
          columns: [
            { head: 'VM', of: ({ vmId }) => vmId },
            { head: 'HOLDS', of: () => NOTHING },
          ],
          name: ({ vmId }) => vmId,
        },
        held,
      );

/** What became of what was said of a VM. */
export const outcomeView = (vmId: string, outcome: VmReportOutcome): View => {
  const columns: readonly Column<VmReportOutcome>[] = [
    { head: 'VM', of: () => vmId },
    { head: 'OUTCOME', of: (one) => one.outcome },
    { head: 'DEVICES', of: ({ reservation, released }) => reservation?.devices.map(({ address }) => address).join(' ') ?? released },
    { head: 'CODE', of: ({ code }) => code },
    { head: 'WHY', of: ({ message }) => message },
  ];
  return recordView({ columns, name: () => vmId }, outcome);
};

export const releasedView = (vmId: string, released: Released): View =>
  recordView<Released>(
    {
      columns: [
        { head: 'VM', of: () => vmId },
        { head: 'GAVE BACK', of: (one) => counted(one.released, 'device') },
      ],
      name: () => vmId,
    },
    released,
  );

type Told = EventData<'DevicesReserved'> | EventData<'DevicesReleased'> | EventData<'ReleasePending'>;
const SAID = { reserved: 'holds', released: 'gave back', releasing: 'waits until its host lets go of' } as const;

/** What an event says that a VM was given, or has given back. */
export const eventView = (outcome: keyof typeof SAID, data: Told): View => {
  const { vmId, hostId, reservationId, devices } = data;
  const columns: readonly Column<Told>[] = [
    { head: 'VM', of: () => vmId },
    { head: 'HOST', of: () => hostId },
    { head: 'OUTCOME', of: () => outcome },
    { head: 'DEVICES', of: () => devices.map(({ address }) => address).join(' ') },
    { head: 'RESERVATION', of: () => reservationId },
  ];
  const lines = (): readonly Line[] => [
    ['vm', orNothing(vmId)],
    ['host', orNothing(hostId)],
    ...devices.map((device): Line => [SAID[outcome], reservedText(device)]),
    ['reservation', orNothing(reservationId)],
  ];
  return { ...recordView<Told>({ columns, name: () => vmId, lines }, data), value: { outcome, ...data } };
};
