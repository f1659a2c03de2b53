import type { ShownUser } from '../security/bus-folder.js';
import type { Kind } from './format.js';

export const BUS_USERS: Kind<ShownUser> = {
  columns: [
    { head: 'USER', of: ({ name }) => name },
    { head: 'SINCE', of: ({ since }) => since },
    { head: 'UNTIL', of: ({ until }) => until },
    { head: 'FOLDER', of: ({ folder }) => folder },
  ],
  name: ({ name }) => name,
};
