import { ApiError, conflict, tooManyRequests, unavailable, type HostdevAccepted, type HostdevCommand, type HostdevVerb } from '@vfleet/contracts';
import type { Logger } from 'pino';
import {
  isSameCommand,
  isSuperseded,
  newestAbout,
  toCommandOutcome,
  toFactData,
  unsettled,
  type CommandOutcome,
  type LocatedDevice,
  type TakenCommand,
} from '../domain/hostdev-command.js';
import { failed, type HypervisorDriver, type Outcome } from '../hypervisor/driver.js';
import type { AgentWatch } from '../agent-watch.js';
import { within } from '../hypervisor/time-left.js';
import type { CommandJournal } from './command-journal.js';

export interface DeskParts {
  readonly hostId: string;
  readonly journal: CommandJournal;
  readonly driver: HypervisorDriver;
  /** Where a device is now; asked when a command is acted upon. */
  readonly locate: (deviceId: string) => LocatedDevice | undefined;
  /** Publishes a fact; resolves when the bus has it. */
  readonly publish: (fact: CommandOutcome['fact'], data: object) => Promise<void>;
  /** Tells the attachments as they are now. */
  readonly attest: () => Promise<void>;
  readonly watch?: AgentWatch | undefined;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Takes commands, carries out one per VM at a time, and tells what became of them. */
export interface CommandDesk {
  /** On the disk when this returns. @throws ApiError when it cannot be taken on */
  accept(verb: HostdevVerb, command: HostdevCommand): HostdevAccepted;
  /** The devices are known: carries out what was accepted, also before a restart, and tells what was not told. */
  open(): void;
  /** Whether a guest has let go of a device after all, of which was told that it had not. */
  lookForLate(): Promise<void>;
  /** Whether a device is being attached or detached. */
  isUnderWay(deviceId: string): boolean;
  /** Leaves what is under way to the next start. */
  close(): void;
}

/** More commands than any host carries out at once. */
const MOST_UNDER_WAY = 1_000;
/** A hypervisor that is slower than this holds a move up for nothing. */
const PREFLIGHT_MS = 1_000;

export const commandDesk = (parts: DeskParts): CommandDesk => {
  const { hostId, journal, driver, locate, publish, attest, watch, log, now = Date.now } = parts;
  const closed = new AbortController();
  const queues = new Map<string, Promise<void>>();
  const underWay = new Set<string>();
  /** The monotonic clock at the acceptance, of commands accepted since the start: a clock that is set moves no deadline. */
  const accepted = new Map<string, number>();
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));

  const elapsedMs = ({ command: { commandId }, acceptedAt }: TakenCommand): number => {
    const start = accepted.get(commandId);
    return Math.max(0, Math.round(start === undefined ? now() - acceptedAt : performance.now() - start));
  };

  const tell = async (taken: TakenCommand, outcome: CommandOutcome, superseded = isSuperseded(taken, journal.commands)): Promise<void> => {
    const told = publish(outcome.fact, { ...toFactData(taken, outcome), ...(superseded && { superseded }) });
    attest().catch(complain('attestation after a command failed'));
    await told;
    journal.markTold(taken.command.commandId);
  };
  const complain = (what: string) => (error: unknown) => {
    if (!closed.signal.aborted) log.error({ hostId, err: (error as Error).message }, what);
  };
  const tellSoon = (...what: Parameters<typeof tell>): void => void tell(...what).catch(complain('outcome not told'));

  const act = async (taken: TakenCommand): Promise<{ readonly outcome: Outcome; readonly address: string }> => {
    const { verb, command } = taken;
    const { deviceId, vmId, deadlineSeconds } = command;
    const device = locate(deviceId);
    if (!device) return { outcome: failed('DEVICE_NOT_FOUND', `this host has no device ${deviceId}`), address: command.address };
    const order = { ...command, ...device, deadlineMs: Math.max(0, deadlineSeconds * 1_000 - elapsedMs(taken)) };
    try {
      const outcome = await driver[verb === 'hostdev.attach' ? 'attach' : 'detach'](order, closed.signal);
      return { outcome: await withBlockers(taken, outcome), address: device.address };
    } catch (error) {
      if (closed.signal.aborted) throw error;
      log.error({ hostId, vmId, deviceId, commandId: command.commandId, err: (error as Error).message }, 'hypervisor driver failed');
      return { outcome: failed('DRIVER_ERROR', (error as Error).message), address: device.address };
    }
  };

  /** A hypervisor knows what is against a move only once the device is off; who does not answer knows nothing. */
  const withBlockers = async ({ verb, command: { migrationId, vmId } }: TakenCommand, outcome: Outcome): Promise<Outcome> => {
    if (verb !== 'hostdev.detach' || migrationId === undefined || 'failed' in outcome) return outcome;
    const migrationBlockers = await within(driver.preflight(vmId), PREFLIGHT_MS, [], closed.signal).catch(() => []);
    return { ...outcome, migrationBlockers };
  };

  /** What is not written down is told all the same: the next start would find it out by looking. */
  const writeDown = (commandId: string, outcome: CommandOutcome): void => {
    try {
      journal.finish(commandId, outcome);
    } catch (error) {
      log.error({ hostId, commandId, err: (error as Error).message }, 'outcome not written down');
    }
  };

  const carryOut = async (taken: TakenCommand): Promise<void> => {
    await opened;
    if (closed.signal.aborted) return;
    const { commandId, vmId, deviceId } = taken.command;
    const span = watch?.begins(taken.verb);
    const { outcome, address } = await act(taken);
    const said = toCommandOutcome(outcome, address, elapsedMs(taken));
    watch?.commanded(taken.verb, said);
    span?.end(said.code);
    // What was done can be seen again after a crash. It is on its way before the disk is waited for: a VM may wait for its device.
    const isTold = !('untold' in outcome);
    const isSeenAgain = 'done' in outcome;
    if (isTold && isSeenAgain) {
      tellSoon(taken, said);
      await new Promise((resolve) => setImmediate(resolve));
    }
    writeDown(commandId, said);
    log.info({ hostId, vmId, deviceId, address, commandId, outcome: said.fact, code: said.code, elapsedMs: said.elapsedMs }, 'command carried out');
    if (isTold && !isSeenAgain) tellSoon(taken, said);
  };

  const enqueue = (taken: TakenCommand): void => {
    const { commandId, vmId } = taken.command;
    underWay.add(commandId);
    const turn = (queues.get(vmId) ?? Promise.resolve())
      .then(() => carryOut(taken))
      .catch(complain('command not finished, the next start takes it up'))
      .finally(() => {
        underWay.delete(commandId);
        accepted.delete(commandId);
        if (queues.get(vmId) === turn) queues.delete(vmId);
      });
    queues.set(vmId, turn);
  };

  const repeat = (taken: TakenCommand, verb: HostdevVerb, command: HostdevCommand): void => {
    if (!isSameCommand(taken, verb, command))
      throw conflict(
        'ALREADY_EXISTS',
        `command ${command.commandId} was another one: ${taken.verb} of ${taken.command.deviceId} and ${taken.command.vmId}`,
      );
    if (taken.outcome) tellSoon(taken, taken.outcome);
    else if (!underWay.has(command.commandId)) enqueue(taken);
  };

  return {
    accept: (verb, command) => {
      const { commandId } = command;
      const known = journal.get(commandId);
      if (known) repeat(known, verb, command);
      else {
        if (underWay.size >= MOST_UNDER_WAY) throw tooManyRequests();
        const taken = { verb, command, acceptedAt: now() };
        keep(() => journal.accept(taken));
        accepted.set(commandId, performance.now());
        enqueue(taken);
      }
      return { commandId, state: 'accepted' };
    },
    open: () => {
      for (const taken of journal.commands) {
        if (!taken.outcome && !underWay.has(taken.command.commandId)) enqueue(taken);
        else if (taken.outcome && !taken.told) tellSoon(taken, taken.outcome);
      }
      open();
    },
    lookForLate: async () => {
      const waiting = unsettled(journal.commands).map((taken) => ({ taken, newest: newestAbout(taken, journal.commands) }));
      if (waiting.length === 0 || closed.signal.aborted) return;
      const attachments = await driver.attachments();
      if (!attachments) return;
      for (const { taken, newest } of waiting) {
        const { vmId, deviceId, commandId } = taken.command;
        const address = locate(deviceId)?.address;
        if (address === undefined || attachments.some((one) => one.vmId === vmId && one.address === address)) continue;
        // What was done since may not have been seen.
        if (newestAbout(taken, journal.commands) !== newest) continue;
        const said = toCommandOutcome({ done: 'detached' }, address, elapsedMs(taken));
        writeDown(commandId, said);
        log.warn({ hostId, vmId, deviceId, address, commandId }, 'the guest has let go of the device after all');
        // Whatever was ordered since: this is how things are now.
        tellSoon(taken, said, false);
      }
    },
    isUnderWay: (deviceId) => journal.commands.some((taken) => !taken.outcome && taken.command.deviceId === deviceId),
    close: () => closed.abort(new Error('the agent stops')),
  };
};

/** A command that could not be written down is not accepted. */
const keep = (write: () => void): void => {
  try {
    write();
  } catch (error) {
    throw error instanceof ApiError ? error : unavailable(`the command could not be written down: ${(error as Error).message}`);
  }
};
