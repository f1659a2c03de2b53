import type { InitializeHook, LoadHook } from 'node:module';
import { standsOnce, type Guard } from './guard.js';

/** Runs in a service's process, beside its own modules, and takes guards out of them as they are loaded. */
let guards: readonly Guard[] = [];

export const initialize: InitializeHook<readonly Guard[]> = (given) => {
  guards = given;
};

const takeOut = (text: string, guard: Guard): string => {
  if (!standsOnce(text, guard)) throw new Error(`what a control takes out of ${guard.file} does not stand there just once: ${guard.find}`);
  return text.replace(guard.find, () => guard.replace);
};

export const load: LoadHook = async (url, context, next) => {
  const loaded = await next(url, context);
  const concerned = guards.filter(({ file }) => url.endsWith(`/${file}`));
  if (concerned.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
  const text = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
  return { ...loaded, source: concerned.reduce(takeOut, text) };
};
