import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { createStore, useStore } from '../api/store.js';
import { Dialog } from './dialog.js';

interface Question {
  readonly title: string;
  /** What will happen, in full. */
  readonly children: ReactNode;
  /** The button that does it, as a verb. */
  readonly does: string;
  readonly dangerous?: boolean;
}

const asked = createStore<(Question & { readonly answer: (yes: boolean) => void }) | undefined>(undefined);

/** Asks before something is done; true when the operator says so. */
export const confirm = (question: Question): Promise<boolean> =>
  new Promise((resolve) => {
    asked.get()?.answer(false);
    asked.set({ ...question, answer: (yes) => (asked.set(undefined), resolve(yes)) });
  });

/** The one confirmation dialog of the page. */
export const Confirmation = () => {
  const question = useStore(asked);
  if (!question) return null;
  return (
    <Dialog open onClose={() => question.answer(false)} title={question.title}>
      <Text component="div" className="wrap">
        {question.children}
      </Text>
      <Group mt="md" justify="flex-end">
        <Button variant="default" onClick={() => question.answer(false)} data-autofocus>
          Do nothing
        </Button>
        <Button color={question.dangerous ? 'red' : 'blue'} onClick={() => question.answer(true)}>
          {question.does}
        </Button>
      </Group>
    </Dialog>
  );
};
