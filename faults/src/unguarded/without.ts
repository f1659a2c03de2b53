import { readFileSync } from 'node:fs';
import { standsOnce, type Guard } from './guard.js';

const ROOT = new URL('../../../', import.meta.url);

/**
 * The environment in which a service lacks these guards: its modules are changed as they are loaded, its files stay as they are.
 * For controls; nothing in the services knows of it.
 * @throws Error for a guard whose text no longer stands just once in its file
 */
export const without = (...guards: readonly Guard[]): NodeJS.ProcessEnv => {
  for (const guard of guards)
    if (!standsOnce(readFileSync(new URL(guard.file, ROOT), 'utf8'), guard))
      throw new Error(`the guard to take out of ${guard.file} does not stand there just once: ${guard.find}`);
  const register = new URL('register.js', import.meta.url);
  register.searchParams.set('guards', JSON.stringify(guards));
  return { NODE_OPTIONS: `--import=${register.href}` };
};
