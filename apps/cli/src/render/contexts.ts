import type { Context } from '../contexts.js';
import type { Kind } from './format.js';

/** A context without what is secret. */
export interface ShownContext extends Omit<Context, 'password'> {
  readonly name: string;
  readonly current: boolean;
  readonly hasPassword: boolean;
}

export const shownContext = (name: string, { password, server, ...context }: Context, current: string | undefined): ShownContext => ({
  name,
  current: name === current,
  server: withoutPassword(server),
  ...context,
  hasPassword: password !== undefined,
});

/** Of each address in a list, what stands before the host. */
const withoutPassword = (server: string): string => server.replaceAll(/(^|,|\/\/)[^/,]*@/g, '$1***@');

export const CONTEXTS: Kind<ShownContext> = {
  columns: [
    { head: 'CONTEXT', of: ({ name }) => name },
    { head: 'IN USE', of: ({ current }) => (current ? 'yes' : null), tone: () => 'good' },
    { head: 'SERVER', of: ({ server }) => server },
    { head: 'USER', of: ({ user }) => user },
    { head: 'CREDENTIALS', of: ({ creds, hasPassword }) => creds ?? (hasPassword ? 'password' : null) },
    { head: 'CA', of: ({ ca }) => ca, wide: true },
    { head: 'CERTIFICATE', of: ({ cert }) => cert, wide: true },
    { head: 'DASHBOARD', of: ({ dashboard }) => dashboard, wide: true },
  ],
  name: ({ name }) => name,
};
