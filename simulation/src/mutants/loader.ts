import type { InitializeHook, LoadHook } from 'node:module';
import type { Mutant } from './mutants.js';

let mutant: Mutant;

export const initialize: InitializeHook<Mutant> = (given) => {
  mutant = given;
};

/** Node's hook for modules: changes the mutant's file when it is loaded. @throws Error where its text is not there just once */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith(mutant.file)) return loaded;
  const { source } = loaded;
  const parts = (typeof source === 'string' ? source : new TextDecoder().decode(source)).split(mutant.find);
  if (parts.length !== 2) throw new Error(`the text of mutant ${mutant.name} is no longer in ${mutant.file}, or more than once`);
  return { ...loaded, source: parts.join(mutant.replace) };
};
