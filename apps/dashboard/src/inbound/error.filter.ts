import type { ServerResponse } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ApiError } from '@vfleet/contracts';
import type { Log } from '@vfleet/messaging';
import { toApiError } from '@vfleet/service-kit';
import { answerError } from './answer.js';

/** Tells errors in the form of the contract; what it does not know stays in the log. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const told = error instanceof HttpException ? fromNest(error) : toApiError(error);
    if (told.code === 'INTERNAL') this.log('error', 'a request failed', { error: (error as Error)?.stack });
    // Half an answer must not look like a whole one.
    if (response.headersSent) response.destroy();
    else answerError(response, told);
  }
}

const fromNest = (error: HttpException): ApiError => {
  const status = error.getStatus();
  return status === 404 ? new ApiError(404, 'NOT_FOUND', 'there is nothing here') : new ApiError(status, 'INVALID_REQUEST', error.message);
};
