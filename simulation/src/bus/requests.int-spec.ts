import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiError } from '@vfleet/contracts';
import type { BusUnderTest, Member } from '../testing/bus-under-test.js';
import { natsBuses } from '../testing/nats-buses.js';
import { simulatedBuses } from '../testing/simulated-bus.js';

const SUBJECT = 'vfleet.agent.h1.probe';
/** Long enough on a machine that is busy with other specs. */
const LONG_MS = 60_000;
const SHORT_MS = 300;

describe.each([simulatedBuses, natsBuses()])('requests on $name', (buses) => {
  let bus: BusUnderTest;
  let client: Member;
  let asked: string[];
  /** An answer that does not come as long as a spec runs. */
  let never: Promise<void>;
  let giveUp: () => void;

  beforeAll(() => buses.start());
  afterAll(() => buses.stop());
  beforeEach(async () => {
    bus = await buses.open();
    client = await bus.join('client');
    asked = [];
    never = new Promise((resolve) => (giveUp = resolve));
  });
  afterEach(() => {
    giveUp();
    return bus.close();
  });

  const ask = (body: object = {}, withinMs = LONG_MS): Promise<unknown> => bus.settle(client.ask(SUBJECT, body, withinMs));
  /** Why it was not answered. */
  const refusal = (withinMs?: number): Promise<ApiError> =>
    ask({}, withinMs).then(
      () => new ApiError(200, 'ANSWERED', ''),
      (error: ApiError) => error,
    );
  const untilNobodyAnswers = (): Promise<void> =>
    bus.until('nobody answers', async () => (await refusal(SHORT_MS)).message === `nobody answers ${SUBJECT}`);
  const aServer = async (name: string, queue: string, answer: (body: object) => unknown = () => ({ by: name })): Promise<Member> => {
    const member = await bus.join(name);
    const noted = (body: object): unknown => {
      asked.push(name);
      return answer(body);
    };
    await bus.settle(member.serve(queue, SUBJECT, noted));
    return member;
  };

  it('are answered with what was made of their body', async () => {
    await aServer('one', 'agents', (body) => ({ got: body }));
    expect(await ask({ full: true })).toEqual({ got: { full: true } });
  });

  it('are refused with the code and the words of whoever refuses', async () => {
    await aServer('one', 'agents', () => {
      throw new ApiError(409, 'DEVICE_BUSY', 'another VM has it', { deviceId: 'd1' });
    });
    expect(await refusal()).toMatchObject({ status: 409, code: 'DEVICE_BUSY', message: 'another VM has it', details: { deviceId: 'd1' } });
  });

  it('say that nobody answers where nobody does', async () => {
    expect(await refusal()).toMatchObject({ status: 503, message: `nobody answers ${SUBJECT}` });
  });

  it('say so where the one who did has ended', async () => {
    const server = await aServer('one', 'agents');
    await ask();
    server.end();
    await untilNobodyAnswers();
    expect(await refusal()).toMatchObject({ status: 503, message: `nobody answers ${SUBJECT}` });
  });

  it('end in time where whoever is asked says nothing', async () => {
    await aServer('one', 'agents', () => never);
    expect(await refusal(SHORT_MS)).toMatchObject({ status: 503, message: `${SUBJECT} does not answer in time` });
  });

  it('go to one of a queue group', async () => {
    await aServer('one', 'agents');
    await aServer('other', 'agents');
    for (let round = 0; round < 20; round += 1) await ask();
    expect(asked).toHaveLength(20);
    expect(new Set(asked)).toEqual(new Set(['one', 'other']));
  });

  it('go to one of each queue group, and the first answer counts', async () => {
    await aServer('silent', 'owner-1', () => never);
    await aServer('answering', 'owner-2');
    expect(await ask()).toEqual({ by: 'answering' });
    await bus.until('both are asked', () => asked.length === 2);
    expect(new Set(asked)).toEqual(new Set(['silent', 'answering']));
  });

  it('find nobody whose connection is cut, and find him again once it is mended', async () => {
    const server = await aServer('one', 'agents');
    server.cut();
    await untilNobodyAnswers();
    await bus.settle(server.heal());
    expect(await ask()).toEqual({ by: 'one' });
  });

  it('are lost in a client whose connection is cut, also for the time after', async () => {
    await aServer('one', 'agents');
    await ask();
    client.cut();
    expect(await refusal(SHORT_MS)).toMatchObject({ status: 503, message: `${SUBJECT} does not answer in time` });
    await bus.settle(client.heal());
    await ask();
    expect(asked).toEqual(['one', 'one']);
  });

  it('arrive late over a connection on which nothing passed for a while', async () => {
    await aServer('one', 'agents');
    await ask();
    client.stall();
    expect(await refusal(SHORT_MS)).toMatchObject({ status: 503, message: `${SUBJECT} does not answer in time` });
    expect(asked).toEqual(['one']);
    await bus.settle(client.heal());
    await bus.until('it is asked', () => asked.length === 2);
  });

  it('reach whoever has such a connection late, and are not refused meanwhile', async () => {
    const server = await aServer('one', 'agents');
    await ask();
    server.stall();
    expect(await refusal(SHORT_MS)).toMatchObject({ status: 503, message: `${SUBJECT} does not answer in time` });
    expect(asked).toEqual(['one']);
    await bus.settle(server.heal());
    await bus.until('it is asked', () => asked.length === 2);
  });
});
