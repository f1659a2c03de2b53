import { connect, type Socket } from 'node:net';
import { within } from './time-left.js';

/** QEMU answered with an error; almost all have the class `GenericError`, only the text tells them apart. */
export class QmpRefusal extends Error {
  override readonly name = 'QmpRefusal';
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/** The socket closed: QEMU ended, or let go of this client. What was asked may have been done. */
export class QmpClosed extends Error {
  override readonly name = 'QmpClosed';
}

/** QEMU did not answer in time. */
export class QmpSilent extends Error {
  override readonly name = 'QmpSilent';
}

export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One monitor of one QEMU: QEMU's documentation, "QEMU Machine Protocol". A monitor serves one client at a time. */
export interface QmpConnection {
  /** As `7.2.22`. */
  readonly version: string;
  /** @throws QmpRefusal, QmpClosed, QmpSilent */
  execute(command: string, args?: object, limitMs?: number): Promise<unknown>;
  /** Calls back for each event; returns how to stop that. */
  listen(listener: (event: QmpEvent) => void): () => void;
  /** Resolves when the socket is closed, whoever closed it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** How long QEMU may take for an answer that needs no work. */
export const ANSWER_MS = 5_000;
/** No answer is longer; a machine with 4,096 devices says 3 MB of them. */
const LONGEST_LINE = 64 * 1024 * 1024;

interface Message extends Partial<QmpEvent> {
  readonly QMP?: { readonly version: { readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number } } };
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Connects, and leaves the negotiation mode. @throws the socket's error, QmpClosed, QmpSilent, QmpRefusal */
export const connectQmp = async (path: string, limitMs = ANSWER_MS): Promise<QmpConnection> => {
  const socket = connect(path);
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: QmpEvent) => void>();
  let greet: (message: Message) => void = () => {};
  const greeting = new Promise<Message>((resolve) => (greet = resolve));
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  let isClosed = false;
  let lastId = 0;

  const failure = new Promise<never>((_, reject) => void socket.once('error', reject));
  failure.catch(() => {});
  void closed.then(() => {
    isClosed = true;
    for (const { reject } of pending.values()) reject(new QmpClosed('the monitor closed'));
    pending.clear();
  });
  readLines(socket, (message) => {
    if (message.QMP) greet(message);
    else if (message.event !== undefined) for (const listener of listeners) listener(message as QmpEvent);
    else if (message.id !== undefined) settle(pending, message);
  });

  const execute = async (command: string, args?: object, timeoutMs = ANSWER_MS): Promise<unknown> => {
    if (isClosed) throw new QmpClosed('the monitor is closed');
    const id = (lastId += 1);
    const answer = new Promise<unknown>((resolve, reject) => pending.set(id, { resolve, reject }));
    socket.write(`${JSON.stringify({ execute: command, ...(args && { arguments: args }), id })}\n`);
    const told = await within(answer, timeoutMs, SILENT).finally(() => pending.delete(id));
    if (told === SILENT) throw new QmpSilent(`no answer to ${command} within ${Math.round(timeoutMs)} ms`);
    return told;
  };

  try {
    const greeted = await within(Promise.race([greeting, failure, closed]), limitMs, SILENT);
    if (greeted === SILENT) throw new QmpSilent('no greeting; does another client hold this monitor?');
    if (!greeted?.QMP) throw new QmpClosed('the monitor closed before it greeted');
    const { major, minor, micro } = greeted.QMP.version.qemu;
    await execute('qmp_capabilities', undefined, limitMs);
    return {
      version: `${major}.${minor}.${micro}`,
      execute,
      listen: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      closed,
      close: () => socket.destroy(),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
};

const SILENT = Symbol('silent');

const settle = (pending: Map<number, Pending>, { id = 0, error, return: value }: Message): void => {
  const waiting = pending.get(id);
  if (error) waiting?.reject(new QmpRefusal(error.class, error.desc));
  else waiting?.resolve(value);
};

/** Each line is a message; what is none ends the connection, for nothing after it could be trusted. */
const readLines = (socket: Socket, tell: (message: Message) => void): void => {
  let parts: string[] = [];
  let length = 0;
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      const whole = [...parts, line].join('').trim();
      [parts, length] = [[], 0];
      if (whole === '') continue;
      const message = parseMessage(whole);
      if (!message) return void socket.destroy();
      tell(message);
    }
    parts.push(rest);
    length += rest.length;
    if (length > LONGEST_LINE) socket.destroy();
  });
};

const parseMessage = (line: string): Message | undefined => {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
};
