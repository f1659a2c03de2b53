import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { PlanMove, ReplaceTarget, SettleMove, internalSubject, type MovePlan, type ReplacedTarget, type SettledMove } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { expectAnswer, inTime } from './answers.js';

/** What the migrator asks for a move. A VM that may not move is an answer, with what stands in its way, and no error. */
@Controller()
export class MovesController {
  constructor(private readonly desk: Desk) {}

  @MessagePattern(internalSubject('moves.plan'), REQUESTS)
  async plan(@Payload() move: PlanMove): Promise<MovePlan> {
    return expectAnswer(await inTime(this.desk.submit({ command: { type: 'PlanMove', move } })), 'plan').plan;
  }

  @MessagePattern(internalSubject('moves.replace'), REQUESTS)
  async replace(@Payload() request: ReplaceTarget): Promise<ReplacedTarget> {
    return { device: expectAnswer(await inTime(this.desk.submit({ command: { type: 'ReplaceTarget', request } })), 'replaced').device };
  }

  @MessagePattern(internalSubject('moves.settle'), REQUESTS)
  async settle(@Payload() request: SettleMove): Promise<SettledMove> {
    return { released: expectAnswer(await inTime(this.desk.submit({ command: { type: 'SettleMove', request } })), 'released').released };
  }
}
