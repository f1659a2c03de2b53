import { readFileSync } from 'node:fs';
import { BadConfiguration } from '@vfleet/service-kit';

const SHORTEST = 16;

/**
 * The token that a file holds, its blanks and line ends around taken away; undefined where no file is named.
 * @throws BadConfiguration
 */
export const readToken = (file: string): string | undefined => {
  if (file === '') return undefined;
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new BadConfiguration(`VFLEET_DASHBOARD_TOKEN_FILE cannot be read: ${(error as Error).message}`);
  }
  if (token.length < SHORTEST || /\s/.test(token))
    throw new BadConfiguration(`VFLEET_DASHBOARD_TOKEN_FILE must hold one token of ${SHORTEST} characters or more, without blanks`);
  return token;
};
