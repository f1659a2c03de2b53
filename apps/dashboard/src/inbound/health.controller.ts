import type { ServerResponse } from 'node:http';
import { Controller, Get, Res } from '@nestjs/common';
import { Bus } from '../outbound/bus.js';
import { Views } from '../outbound/views.js';
import { answerJson } from './answer.js';

/** Tells whether the process runs, and whether it has what it needs to answer. Needs no token. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly bus: Bus,
    private readonly views: Views,
  ) {}

  @Get('live')
  live(@Res() response: ServerResponse): void {
    answerJson(response, 200, '{"live":true}');
  }

  @Get('ready')
  async ready(@Res() response: ServerResponse): Promise<void> {
    const [nats, postgresql] = [this.bus.isConnected, await this.views.areThere()];
    answerJson(response, nats && postgresql ? 200 : 503, JSON.stringify({ ready: nats && postgresql, nats, postgresql }));
  }
}
