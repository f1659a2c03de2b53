import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Versions of QEMU of which there are recordings. */
export const QEMU_VERSIONS = ['7.2', '10.0'] as const;
export type QemuVersion = (typeof QEMU_VERSIONS)[number];

export type Json = Readonly<Record<string, unknown>>;

export interface QmpRecordings {
  readonly greeting: Json;
  /** The answer to the first such request, without its id. @throws Error when none was recorded */
  answer(command: string, fits?: (request: string, answer: string) => boolean): Json;
  /** The first such event. */
  event(name: string): Json;
}

const FIXTURES = join(import.meta.dirname, '../../../fixtures/qmp');

/** What a version of QEMU was heard saying; what one version was not asked, another one's answer stands for. */
export const qmpRecordings = (version: QemuVersion): QmpRecordings => {
  const files = [version, ...QEMU_VERSIONS.filter((other) => other !== version)].flatMap(linesOf);
  const requests = files.flatMap((messages) => messages.flatMap((message) => (message['execute'] === undefined ? [] : [{ message, messages }])));
  const find = (name: string): Json => {
    const [event] = files.flat().filter((message) => message['event'] === name);
    return event ?? fail(`no event ${name} was recorded`);
  };
  return {
    greeting: files.flat().find((message) => message['QMP'] !== undefined) as Json,
    answer: (command, fits = () => true) => {
      for (const { message, messages } of requests) {
        const answer = messages.find((one) => one['id'] === message['id'] && one['execute'] === undefined);
        if (message['execute'] === command && answer && fits(JSON.stringify(message), JSON.stringify(answer))) return { ...answer, id: undefined };
      }
      return fail(`no such answer to ${command} was recorded`);
    },
    event: find,
  };
};

const fail = (message: string): never => {
  throw new Error(message);
};

const linesOf = (version: string): readonly (readonly Json[])[] => {
  const folder = join(FIXTURES, `qemu-${version}`);
  return readdirSync(folder).map((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly msg?: Json | null }).msg)
      .filter((message) => message !== undefined && message !== null),
  );
};
