import type { Complain } from './log-check.js';

const ORDERS = /^vfleet\.(agent\.[^.]+\.hostdev|platform\.vm)\./;

/** Whether only the owner may ask for it: agents and platforms do as they are told. */
export const isOrder = (subject: string): boolean => ORDERS.test(subject);

/** I10 beyond the log: no order leaves an owner whose lease another one has. `owner`: the sender's number, `newest`: the lease's. */
export const compareSender = (subject: string, owner: number | undefined, newest: number | undefined, complain: Complain): void => {
  if (owner !== undefined && newest !== undefined && owner < newest)
    complain('I10', `owner ${owner} of the migrator sends ${subject}, and owner ${newest} has its lease`);
};
