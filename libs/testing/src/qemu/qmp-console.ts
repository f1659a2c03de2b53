import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

type Arguments = Readonly<Record<string, unknown>>;

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Message {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly event?: string;
  readonly data?: unknown;
}

export interface QmpEvent {
  readonly event: string;
  readonly data: unknown;
}

/** The spec's own hand on a machine, on a monitor beside the one of whoever is tested: stops it, moves it, looks into it. */
export class QmpConsole {
  /** All that was heard so far, oldest first. */
  readonly events: QmpEvent[] = [];
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A machine that is killed resets its sockets; both tell, and the close that follows is what counts.
    socket.on('error', () => undefined);
    createInterface({ input: socket })
      .on('error', () => undefined)
      .on('line', (line) => this.#hear(JSON.parse(line) as Message));
    socket.on('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('QEMU has closed the monitor'));
      this.#pending.clear();
    });
  }

  static async open(path: string): Promise<QmpConsole> {
    const socket = connect(path);
    await once(socket, 'connect');
    const qmp = new QmpConsole(socket);
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** Answers what QEMU returned. @throws Error with QEMU's words */
  execute<T = unknown>(command: string, args: Arguments = {}): Promise<T> {
    const id = (this.#lastId += 1);
    return new Promise<T>((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('QEMU has closed the monitor'));
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      return void this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(message: Message): void {
    if (message.event !== undefined) return void this.events.push({ event: message.event, data: message.data });
    const asked = message.id === undefined ? undefined : this.#pending.get(message.id);
    if (message.id === undefined || !asked) return;
    this.#pending.delete(message.id);
    if (message.error) asked.reject(new Error(`${message.error.class}: ${message.error.desc}`));
    else asked.resolve(message.return);
  }
}
