import type { DetachedFromVm, Reservation, Vm } from '@vfleet/contracts';
import type { Column, RecordView } from './format.js';
import { paintState } from './paint.js';
import { NOTHING, orNothing, requestText, reservedText } from './text.js';

export const RESERVATION_COLUMNS: readonly Column<Reservation>[] = [
  { head: 'VM', cell: ({ vmId }) => orNothing(vmId) },
  { head: 'HOST', cell: ({ hostId }) => orNothing(hostId) },
  { head: 'STATE', cell: ({ state }, paint) => paintState(state, paint) },
  { head: 'SINCE', cell: ({ since }) => orNothing(since) },
  { head: 'DEVICES', cell: ({ devices }) => orNothing(devices.map(({ address }) => address).join(' ')) },
  { head: 'RESERVATION', cell: ({ reservationId }, paint) => paint.dim(orNothing(reservationId)) },
];

export const reservationView = (reservation: Reservation): RecordView => ({
  value: reservation,
  lines: (paint) => [
    ['vm', orNothing(reservation.vmId)],
    ['host', orNothing(reservation.hostId)],
    ['state', paintState(reservation.state, paint)],
    ['since', orNothing(reservation.since)],
    ...reservation.devices.map((device) => ['device', reservedText(device)] as const),
    ...(reservation.unsafe ? [['isolation', paint.warn('the host shares IOMMU groups')] as const] : []),
    ['reservation', orNothing(reservation.reservationId)],
  ],
});

export const vmView = (vm: Vm): RecordView => ({
  value: vm,
  lines: () => [
    ['vm', orNothing(vm.vmId)],
    ['state', orNothing(vm.state)],
    ['host', orNothing(vm.hostId)],
    ['as of', `${orNothing(vm.occurredAt)}${vm.sequence === null ? '' : ` (sequence ${vm.sequence})`}`],
    ...vm.wishes.devices.map((request) => ['wants', requestText(request)] as const),
    ...(vm.wishes.offering === undefined ? [] : [['wants', `offering ${orNothing(vm.wishes.offering)}`] as const]),
    ...vm.devices.map((device) => ['holds', reservedText(device)] as const),
    ['reservation', orNothing(vm.reservation?.reservationId)],
    ...(vm.migrationId === undefined ? [] : [['is moving', orNothing(vm.migrationId)] as const]),
  ],
});

/** What a VM holds once something was taken from it. */
export const heldView = (held: DetachedFromVm): RecordView =>
  held.reservation
    ? { ...reservationView(held.reservation), value: held }
    : {
        value: held,
        lines: () => [
          ['vm', orNothing(held.vmId)],
          ['holds', NOTHING],
        ],
      };
