import type { Msg, NatsConnection, Subscription, SubscriptionOptions } from '@nats-io/transport-node';
import type { Log } from './log.js';

/** Whether answers may go to a subject that an asker has named. */
export type MayAnswerAt = (reply: string) => boolean;

/** Characters of a subject that are told in a log. */
const SHOWN = 256;

/**
 * A connection that hears no request whose answer would have to go where none may go. Who asks names the subject of the answer, and NATS
 * looks at the rights of who answers: a service that may write events would write one for everybody who asks it anything.
 */
export const answeringAt = (nats: NatsConnection, mayAnswerAt: MayAnswerAt, log: Log): NatsConnection => {
  const subscribe = (subject: string, options: SubscriptionOptions = {}): Subscription => {
    const { callback } = options;
    if (callback === undefined) throw new Error(`what is asked at ${subject} is heard by a callback`);
    const heard = (error: Error | null, message: Msg): void => {
      if (error !== null || message.reply === undefined || message.reply === '' || mayAnswerAt(message.reply)) void callback(error, message);
      else log('warn', 'a request wants its answer where none may go', { subject: message.subject, reply: message.reply.slice(0, SHOWN) });
    };
    return nats.subscribe(subject, { ...options, callback: heard });
  };
  return new Proxy(nats, {
    get: (target, name) => {
      if (name === 'subscribe') return subscribe;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};
