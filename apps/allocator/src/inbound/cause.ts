import type { Fact } from '@vfleet/contracts';
import type { InboundFact } from '@vfleet/messaging';

/** Which message led to a decision, for whoever follows it through the log. */
export const causeOf = ({ fact: { key }, message }: InboundFact<Fact>): { readonly causationId: string; readonly traceparent?: string } => {
  const traceparent = message.headers['traceparent']?.[0];
  return { causationId: key ?? message.delivery, ...(traceparent && { traceparent }) };
};
