import type { Fleet, Refusal } from './decision.js';
import type { Host, HostReservation } from './host.js';
import { holdsSomething } from './reservation.js';

/** Held on the target of a move that is not settled: the VM's own reservation is the one on its source. */
export const isIncoming = ({ migrationId }: HostReservation): boolean => migrationId !== undefined;

/** A hold that a move still counts on. One without any device stands for a VM that moves without its devices. */
export const isStanding = (held: HostReservation): boolean => held.devices.length === 0 || holdsSomething(held);

/** What a VM holds, and where. */
export interface Hold {
  readonly host: Host;
  readonly held: HostReservation;
}

/** Everything that a VM holds and has not let go, oldest first. */
export const holdsOf = (fleet: Fleet, vmId: string): readonly Hold[] =>
  fleet.hostsOf(vmId).flatMap((hostId) => {
    const host = fleet.host(hostId);
    const held = host?.reservations.get(vmId);
    return host && held && isStanding(held) ? [{ host, held }] : [];
  });

/** The VM's own reservation, not one on the target of a move; what it asked for rather than what was found attached elsewhere. */
export const ownHold = (fleet: Fleet, vmId: string): Hold | undefined => {
  const own = holdsOf(fleet, vmId).filter(({ held }) => !isIncoming(held));
  return own.findLast(({ held }) => !held.adopted) ?? own.at(-1);
};

/** What is held on the target of a migration that is not settled. */
export const targetHold = (fleet: Fleet, vmId: string, migrationId: string): Hold | undefined =>
  holdsOf(fleet, vmId).find(({ held }) => held.migrationId === migrationId);

/** The move that a VM is in the middle of, as far as something is held for it. */
export const moveOf = (fleet: Fleet, vmId: string): Hold | undefined => holdsOf(fleet, vmId).find(({ held }) => isIncoming(held));

/** Why nothing may change in what a VM holds while it moves; undefined for one that does not. */
export const refusedOnTheMove = (fleet: Fleet, vmId: string): Refusal | undefined => {
  const moving = moveOf(fleet, vmId);
  return (
    moving && {
      code: 'MIGRATION_IN_PROGRESS',
      message: `${vmId} is on its way to ${moving.host.hostId}`,
      details: { migrationId: moving.held.migrationId },
    }
  );
};

/**
 * A move is settled once nothing is held on its source any more: what is held on its target is then like any other hold.
 * Takes every host on which a VM holds something, answers those that look different afterwards.
 */
export const settled = (hosts: readonly Host[], vmId: string): readonly Host[] => {
  const reservations = hosts.flatMap((host) => host.reservations.get(vmId) ?? []);
  if (reservations.some((held) => !isIncoming(held) && holdsSomething(held))) return [];
  return hosts.flatMap((host) => {
    const held = host.reservations.get(vmId);
    if (!held || !isIncoming(held)) return [];
    const { migrationId: _, ...own } = held;
    const devices = held.devices.map(({ movesFrom: _from, ...device }) => device);
    return [{ ...host, reservations: new Map(host.reservations).set(vmId, { ...own, devices }) }];
  });
};
