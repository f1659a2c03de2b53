import type { Fact } from '@vfleet/contracts';
import type { InboundFact } from '@vfleet/messaging';

/** Which message led to a decision, for whoever follows it through the log. */
export const causeOf = ({
  fact: { key },
  message,
  traceparent,
}: InboundFact<Fact>): { readonly causationId: string; readonly traceparent?: string } => ({
  causationId: key ?? message.delivery,
  ...(traceparent !== undefined && { traceparent }),
});
