import type { ServerResponse } from 'node:http';
import { ApiError } from '@vfleet/contracts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers with JSON that nobody may keep. */
export const answerJson = (response: ServerResponse, status: number, body: Uint8Array | string): void => {
  response.writeHead(status, { 'content-type': JSON_TYPE, 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) }).end(body);
};

export const answerError = (response: ServerResponse, error: ApiError): void => {
  if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
  answerJson(response, error.status, JSON.stringify(error.toBody()));
};
