import { names, rollBack } from './follow-up.js';
import { NO_ANSWER, OVERTAKEN, pendingCommands, type MigrationEvent, type Saga, type SagaCommand } from './saga.js';

/** What an agent says of an order, or what its silence says. */
export type Outcome =
  | {
      readonly commandId: string;
      readonly kind: 'attached' | 'detached';
      readonly guestAddress?: string;
      readonly migrationBlockers?: readonly string[];
    }
  | { readonly commandId: string; readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What an outcome comes to. It may come twice, and after it was given up. */
export const decideOutcome = (saga: Saga, outcome: Outcome, now: string): readonly MigrationEvent[] => {
  const command = saga.commands.get(outcome.commandId);
  if (!command || command.state === 'done' || command.state === 'stray' || command.state === 'overtaken') return [];
  if (outcome.kind === 'failed') return command.state === 'requested' ? failedCommand(saga, command, outcome) : [];
  return outcome.kind === 'detached' ? detached(saga, command, outcome, now) : attached(saga, command, now);
};

const about = (saga: Saga, { commandId, hostId, deviceId, address }: SagaCommand) => ({ ...names(saga), commandId, hostId, deviceId, address });

/** Late or not, it is off now; whether it has to come back follows from where the saga stands. An order to plug it may have been followed before. */
const detached = (
  saga: Saga,
  command: SagaCommand,
  { guestAddress, migrationBlockers = [] }: Exclude<Outcome, { kind: 'failed' }>,
  now: string,
): readonly MigrationEvent[] => {
  if (command.verb !== 'detach') return [];
  const said = { ...(guestAddress && { guestAddress }), ...(migrationBlockers.length > 0 && { migrationBlockers: [...migrationBlockers] }) };
  const unplugged: MigrationEvent = { type: 'HostdevUnplugged', data: { ...about(saga, command), ...said, at: now } };
  return [...overtaken(saga, command), unplugged];
};

const overtaken = (saga: Saga, { side, deviceId, address }: SagaCommand): readonly MigrationEvent[] =>
  pendingCommands(saga)
    .filter((one) => one.verb === 'attach' && side === 'source' && one.side === side && one.deviceId === deviceId)
    .map((one) => ({ type: 'HostdevCommandFailed', data: { ...about(saga, one), ...letGoMeanwhile(address) } }));

/** Why an order to plug counts no more. */
export const letGoMeanwhile = (address: string): { readonly code: string; readonly message: string } => ({
  code: OVERTAKEN,
  message: `${address} was let go of before this was answered`,
});

/** What serves nobody is unplugged again: that follows. */
const attached = (saga: Saga, command: SagaCommand, now: string): readonly MigrationEvent[] =>
  command.verb === 'attach' ? [{ type: 'HostdevPlugged', data: { ...about(saga, command), at: now } }] : [];

const failedCommand = (saga: Saga, command: SagaCommand, { code, message }: Extract<Outcome, { kind: 'failed' }>): readonly MigrationEvent[] => {
  const failure: MigrationEvent = { type: 'HostdevCommandFailed', data: { ...about(saga, command), code, message } };
  const { address, hostId } = command;
  return saga.state === 'unplugging' && command.side === 'source'
    ? [failure, rollBack(saga, code === NO_ANSWER ? 'TIMEOUT' : code, `${address} cannot be unplugged on ${hostId}: ${message}`)]
    : [failure];
};
