import { afterEach, describe, expect, it } from '@jest/globals';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { until } from '@vfleet/testing';
import { readAgain } from './read-again.js';

const client = new QueryClient();
const CHANGES = { hosts: [], devices: [], vms: ['vm-1'], migrations: [] };

/** A view that shows a VM; each of its reads is answered by hand. */
const aView = (vmId: string) => {
  const answers: ((text: string) => void)[] = [];
  const observer = new QueryObserver<string>(client, {
    queryKey: ['vms.get', { vmId }],
    queryFn: () => new Promise<string>((resolve) => void answers.push(resolve)),
  });
  const leave = observer.subscribe(() => undefined);
  return { answers, leave, shown: () => observer.getCurrentResult().data };
};

afterEach(() => client.clear());

describe('a view, when what it shows may have changed,', () => {
  it('is read again', async () => {
    const { answers, leave, shown } = aView('vm-1');
    answers[0]?.('before');
    await until('the first answer', () => shown() === 'before');
    expect(readAgain(client, CHANGES)).toBe(false);
    answers[1]?.('after');
    await until('the second answer', () => shown() === 'after');
    leave();
  });

  it('that is just being read has to be read once more: it may have been asked for before the change', async () => {
    const { answers, leave, shown } = aView('vm-1');
    expect(readAgain(client, CHANGES)).toBe(true);
    expect(answers).toHaveLength(1);
    answers[0]?.('before');
    await until('the first answer', () => shown() === 'before');
    expect(readAgain(client, CHANGES)).toBe(false);
    answers[1]?.('after');
    await until('the second answer', () => shown() === 'after');
    leave();
  });

  it('is left alone when something else has changed', () => {
    const { answers, leave } = aView('vm-2');
    expect(readAgain(client, CHANGES)).toBe(false);
    expect(answers).toHaveLength(1);
    leave();
  });
});
