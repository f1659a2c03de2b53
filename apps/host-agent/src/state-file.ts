import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DeviceObservation, sayFaults, validate } from '@vfleet/contracts';
import type { SeenDevice } from './domain/observe.js';
import { replaceFile } from './durable-file.js';

const VERSION = 1;

/** What an agent told last, kept over restarts. Losing it costs a question to the inventory, no more. */
export interface StateFile {
  /** @throws StateLost when there is a file and it cannot be used. */
  load(): readonly SeenDevice[] | undefined;
  /** Replaces the file in one step: a crash leaves the old one or the new one. */
  save(devices: readonly SeenDevice[]): void;
}

export class StateLost extends Error {
  override readonly name = 'StateLost';
}

export const stateFile = (path: string, hostId: string): StateFile => {
  /** Hash of what stands in the file: many hosts in one process need not keep all of it twice. */
  let written: string | undefined;
  return {
    load: () => {
      const text = readIfThere(path);
      return text === undefined ? undefined : parseState(text, hostId);
    },
    save: (devices) => {
      const text = JSON.stringify({ version: VERSION, hostId, devices });
      const hash = createHash('sha256').update(text).digest('base64');
      if (hash === written) return;
      replaceFile(path, text);
      written = hash;
    },
  };
};

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StateLost((error as Error).message);
  }
};

const parseState = (text: string, hostId: string): readonly SeenDevice[] => {
  const state = parseJson(text) as { readonly version?: unknown; readonly hostId?: unknown; readonly devices?: unknown } | null;
  if (state?.version !== VERSION || !Array.isArray(state.devices)) throw new StateLost('it has another form than this version writes');
  if (state.hostId !== hostId) throw new StateLost(`it belongs to host ${String(state.hostId)}`);
  for (const device of state.devices as readonly Partial<SeenDevice>[]) {
    const checked = validate(DeviceObservation, device?.observation, 'ignore');
    if (!checked.ok) throw new StateLost(sayFaults(checked.faults));
    if (typeof device.memory?.identity !== 'string' || !Array.isArray(device.memory.macs))
      throw new StateLost('a device lacks what it is recognised by');
  }
  return state.devices as readonly SeenDevice[];
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StateLost((error as Error).message);
  }
};

/** `agent-h1.json` has `agent-h1.commands.jsonl` beside it. */
export const fileBeside = (stateFile: string, ending: string): string => `${stateFile.replace(/\.json$/, '')}.${ending}`;
