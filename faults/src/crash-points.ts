import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.js';
import type { Guard } from './unguarded/guard.js';

/** Before or after the piece of work that is the `at`-th since this was said; 0 is none of them, and only has them counted. */
export interface CrashPoint {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** Says to a service that goes through crash points where it is to end. */
export interface CrashPoints {
  arm: (point: CrashPoint) => void;
  /** Whether it has ended there. */
  struck: () => boolean;
  /** Pieces of work since it was armed. */
  count: () => number;
  /** The file in which this is said. */
  readonly file: string;
}

const countFile = (file: string): string => `${file}.count`;
const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

export const crashPoints = ({ folder }: Pick<Stage, 'folder'>): CrashPoints => {
  const file = join(folder, 'crash-point');
  let armed = 0;
  return {
    file,
    arm: (point) => {
      rmSync(countFile(file), { force: true });
      writeFileSync(file, JSON.stringify({ ...point, armed: (armed += 1) }));
    },
    struck: () => read(file) === undefined,
    count: () => Number(read(countFile(file)) ?? 0),
  };
};

/** For a service whose work `find` is: it goes through the crash points of the file, and knows nothing of it. */
export const throughCrashPoints = ({ file: point }: Pick<CrashPoints, 'file'>, file: string, find: string): Guard => ({
  file,
  find,
  replace: `await (await import(${JSON.stringify(import.meta.url)})).pass(${JSON.stringify(point)}, () => ${find.replace(/^await /, '').replace(/;$/, '')});`,
});

/** Not caught by anything: no handler runs, nothing is flushed. */
const die = (file: string): Promise<never> => {
  rmSync(file);
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => undefined);
};

let known: string | undefined;
let passed = 0;

/** Runs in the process of the service: does the work, and ends the process before or after it where that was said. */
export const pass = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  const text = read(file);
  if (text === undefined) return work();
  passed = text === known ? passed + 1 : 1;
  known = text;
  writeFileSync(countFile(file), String(passed));
  const { at, when } = JSON.parse(text) as CrashPoint;
  if (at === passed && when === 'before') return die(file);
  const done = await work();
  if (at === passed && when === 'after') return die(file);
  return done;
};
