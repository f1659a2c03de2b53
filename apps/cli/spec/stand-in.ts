import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import fs from 'node:fs';
import { parseNatsUrl, STREAMS, subjectOf, toCloudEvent, type EventName, type VmStateChanged } from '@vfleet/contracts';
import { aFolder, aNatsServer } from '@vfleet/testing';
import { NO_PAINT } from '../src/render/paint.js';
import { run } from '../src/run.js';

const FIXTURES = new URL('../../../libs/contracts/fixtures/', import.meta.url);
/** A stored message of the contracts. */
export const stored = (file: string): object => JSON.parse(fs.readFileSync(new URL(`${file}.v1.json`, FIXTURES), 'utf8')) as object;

/** Plays the services: answers from stored messages, and decides about VM states as a spec tells it to. */
export class StandIn {
  readonly asked: { readonly subject: string; readonly body: unknown }[] = [];
  readonly facts: VmStateChanged[] = [];
  private position = 0;
  decide: (fact: VmStateChanged) => readonly (readonly [EventName, object])[] = () => [];
  /** What happens once a request has been answered. */
  follows: Record<string, () => Promise<void>> = {};
  replies: Record<string, { readonly status?: number; readonly body: object }> = {};

  constructor(private readonly nats: NatsConnection) {
    nats.subscribe('vfleet.api.>', {
      callback: (_, message) => {
        const name = message.subject.replace('vfleet.api.', '');
        this.asked.push({ subject: name, body: message.json() });
        const { status, body } = this.replies[name] ?? { body: this.standard(name) };
        const marks = headers();
        if (status !== undefined) marks.set('Nats-Service-Error-Code', String(status));
        message.respond(JSON.stringify(body), status === undefined ? {} : { headers: marks });
        void this.follows[name]?.();
      },
    });
    nats.subscribe('vfleet.in.vm.*.VmStateChanged', { callback: (_, message) => void this.hear(message.json<VmStateChanged>()) });
  }

  private standard(name: string): object {
    const reply = stored(`api/${name}.reply`);
    return name === 'system.status' ? { ...reply, journalPosition: this.position } : { ...reply, ...('nextCursor' in reply && { nextCursor: null }) };
  }

  /** Back to what it was before a spec told it anything. */
  forget(): void {
    this.replies = {};
    this.follows = {};
    this.decide = () => [];
    this.asked.length = 0;
    this.facts.length = 0;
  }

  private async hear(fact: VmStateChanged): Promise<void> {
    this.facts.push(fact);
    for (const [type, data] of this.decide(fact)) await this.publish(type, { hostId: 'h1', ...data });
  }

  async publish(type: EventName, data: object): Promise<void> {
    this.position += 1;
    const event = { position: this.position, stream: 'host-h1', version: this.position, id: `e-${this.position}`, type, data };
    const body = JSON.stringify(toCloudEvent({ ...event, meta: {}, recordedAt: '2026-11-20T10:00:00.000Z' }));
    await jetstream(this.nats).publish(subjectOf({ type, data }), body);
  }
}

/** What a command line has said, and with which code it has ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly note: string;
}

export interface CommandLine {
  readonly url: string;
  readonly system: StandIn;
  /** Within this process. `stopped` is aborted when the user has had enough. */
  readonly run: (words: readonly string[], stopped?: AbortSignal) => Promise<Ended>;
  readonly close: () => Promise<void>;
}

/** The command line beside a server on which nobody but the stand-in answers. */
export const aCommandLine = async (): Promise<CommandLine> => {
  const server = await aNatsServer();
  const nats = await connect(parseNatsUrl(server.url));
  const manager = await jetstreamManager(nats);
  for (const { name, subjects } of [STREAMS.IN, STREAMS.EVT]) await manager.streams.add({ name, subjects: [...subjects] });
  const system = new StandIn(nats);
  const home = aFolder('home');
  await nats.flush();
  return {
    url: server.url,
    system,
    run: async (words, stopped = new AbortController().signal) => {
      const said = { out: '', note: '' };
      const code = await run(words, {
        out: (text) => void (said.out += text),
        note: (text) => void (said.note += text),
        paint: NO_PAINT,
        environment: { VFLEET_NATS_URL: server.url, XDG_CONFIG_HOME: home },
        stopped,
      });
      return { code, ...said };
    },
    close: async () => {
      await nats.close();
      await server.close();
    },
  };
};
