import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiError, type ApiName } from '@vfleet/contracts';
import { Bus } from '../outbound/bus.js';
import { answerJson } from './answer.js';
import { ACCESS, acts } from './api-access.js';
import { Entrance } from './entrance.js';
import { readBody } from './read-body.js';

const READ_MS = 15_000;
/** Plugging into a running VM is answered when it is done. */
const ACT_MS = 70_000;

/** The one road to the data: each request of the contract, its body and its reply as they are. */
@Controller('api')
export class ApiController {
  constructor(
    private readonly bus: Bus,
    private readonly entrance: Entrance,
  ) {}

  @Post(':name')
  async ask(@Param('name') name: string, @Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const access = Object.hasOwn(ACCESS, name) ? ACCESS[name as ApiName] : undefined;
    if (access === undefined) throw new ApiError(404, 'NOT_FOUND', `there is no request ${name}`);
    if (access === 'acts') this.entrance.admitOperator(request);
    else this.entrance.admitReader(request);
    const body = await readBody(request);
    const acting = acts(access, body);
    if (acting) this.entrance.admitOperator(request);
    const reply = await this.bus.request(`vfleet.api.${name}`, body, acting ? ACT_MS : READ_MS);
    answerJson(response, reply.status, reply.body);
  }
}
