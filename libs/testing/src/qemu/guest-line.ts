import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}

/** What a guest's program refused, in its words. */
export class GuestRefused extends Error {
  override readonly name = 'GuestRefused';
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** A line to the program in a guest: JSON, one question or answer a line. */
export class GuestLine {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    createInterface({ input: socket })
      .on('error', () => undefined)
      .on('line', (line) => this.#hear(JSON.parse(line) as Answer));
  }

  static async open(path: string): Promise<GuestLine> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new GuestLine(socket);
  }

  /** What the program answers. @throws GuestRefused */
  ask<T>(verb: string, args: object = {}): Promise<T> {
    const id = (this.#lastId += 1);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, ({ answer, error }) => (error ? reject(new GuestRefused(error.message, error.code)) : resolve(answer as T)));
      this.#socket.write(`${JSON.stringify({ id, verb, args })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }
}
