import { describe, expect, it, jest } from '@jest/globals';
import type { JsMsg } from '@nats-io/jetstream';
import { Acknowledgements } from './acknowledgements.js';

/** A message of which only the acknowledgement counts. */
const aMessage = (name: string, acknowledged: string[]): JsMsg => ({ ack: () => void acknowledged.push(name) }) as unknown as JsMsg;

describe('acknowledgements', () => {
  it('go out together, soon and in their order', () => {
    jest.useFakeTimers();
    try {
      const acknowledged: string[] = [];
      const acknowledgements = new Acknowledgements();
      for (const name of ['1', '2', '3']) acknowledgements.add(aMessage(name, acknowledged));
      expect(acknowledged).toEqual([]);
      jest.advanceTimersByTime(10);
      expect(acknowledged).toEqual(['1', '2', '3']);
      acknowledgements.add(aMessage('4', acknowledged));
      jest.advanceTimersByTime(10);
      expect(acknowledged).toEqual(['1', '2', '3', '4']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('end nobody where the connection is closed', () => {
    jest.useFakeTimers();
    try {
      const closed = (): void => {
        throw new Error('closed connection');
      };
      const acknowledgements = new Acknowledgements();
      acknowledgements.add({ ack: closed } as unknown as JsMsg);
      expect(() => jest.advanceTimersByTime(10)).not.toThrow();
    } finally {
      jest.useRealTimers();
    }
  });

  it('go out at once where nothing more will come, each of them once', () => {
    jest.useFakeTimers();
    try {
      const acknowledged: string[] = [];
      const acknowledgements = new Acknowledgements();
      acknowledgements.add(aMessage('1', acknowledged));
      acknowledgements.flush();
      jest.advanceTimersByTime(10);
      expect(acknowledged).toEqual(['1']);
    } finally {
      jest.useRealTimers();
    }
  });
});
