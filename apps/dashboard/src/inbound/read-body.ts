import type { IncomingMessage } from 'node:http';
import { MAX_MESSAGE_BYTES, invalidRequest } from '@vfleet/contracts';

/** A request's body, as many bytes as the bus takes. @throws ApiError 400 when it is larger */
export const readBody = async (request: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_MESSAGE_BYTES) throw invalidRequest([{ field: 'body', message: `is larger than ${MAX_MESSAGE_BYTES} bytes` }]);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};
