import { isToken } from '@vfleet/pci';

/** JetStream streams, and the subjects that each holds. */
export const STREAMS = {
  IN: { name: 'VFLEET_IN', subjects: ['vfleet.in.>'] },
  EVT: { name: 'VFLEET_EVT', subjects: ['vfleet.evt.>'] },
  DLQ: { name: 'VFLEET_DLQ', subjects: ['vfleet.dlq.>'] },
} as const;

/** Largest fact or request, in bytes of its body. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

export const hostFactSubject = (hostId: string, fact: string): string => `vfleet.in.host.${hostId}.${fact}`;
export const vmFactSubject = (vmId: string, fact: string): string => `vfleet.in.vm.${vmId}.${fact}`;
export const apiSubject = (resource: string, verb: string): string => `vfleet.api.${resource}.${verb}`;
export const agentSubject = (hostId: string, verb: string): string => `vfleet.agent.${hostId}.${verb}`;
export const eventSubject = (context: string, a: string, b: string, event: string): string => `vfleet.evt.${context}.${a}.${b}.${event}`;
/**
 * Whether a service may answer at a subject that an asker has named: at none of vfleet's own and none of the NATS server's. A service
 * may do more than who asks it, and would do it for him: an answer of the allocator at `vfleet.evt…` would be an event.
 */
export const mayAnswerAt = (subject: string): boolean => !/^(vfleet\.|\$)/.test(subject);
/** Where a fact that nobody can accept is kept. */
export const deadLetterSubject = (subject: string): string => subject.replace(/^vfleet\.in\./, 'vfleet.dlq.');

/** What a fact's subject says: whose it is and which; undefined for a subject that is no fact's. */
export const parseFactSubject = (subject: string): { readonly source: 'host' | 'vm'; readonly id: string; readonly fact: string } | undefined => {
  const [vfleet, direction, source, id = '', fact = '', ...rest] = subject.split('.');
  if (vfleet !== 'vfleet' || direction !== 'in' || rest.length > 0 || !isToken(id) || !isToken(fact)) return undefined;
  return source === 'host' || source === 'vm' ? { source, id, fact } : undefined;
};

/** A catalogue name as one subject token: characters outside `[A-Za-z0-9-]` percent-encoded, with `_` for `%`. */
export const nameToken = (name: string): string =>
  [...new TextEncoder().encode(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9-]/.test(character) ? character : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
