import { Notification } from '@mantine/core';
import { createStore, useStore } from '../api/store.js';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly title: string;
  readonly text?: string;
}

const toasts = createStore<readonly Toast[]>([]);
const SHOWN_MS = 8_000;
const MOST = 4;
let made = 0;

const dismiss = (id: number): void => toasts.set(toasts.get().filter((toast) => toast.id !== id));

/** Says what became of something that the operator did. What failed stays until it is dismissed. */
export const say = (toast: Omit<Toast, 'id'>): void => {
  const id = (made += 1);
  toasts.set([...toasts.get().slice(1 - MOST), { ...toast, id }]);
  if (toast.kind === 'done') setTimeout(dismiss, SHOWN_MS, id);
};

/** Read out as they appear. */
export const Toasts = () => (
  <div className="toasts" role="region" aria-label="Messages" aria-live="polite">
    {useStore(toasts).map(({ id, kind, title, text }) => (
      <Notification
        key={id}
        color={kind === 'done' ? 'teal' : 'red'}
        title={title}
        withBorder
        onClose={() => dismiss(id)}
        closeButtonProps={{ 'aria-label': 'Dismiss' }}
      >
        {text}
      </Notification>
    ))}
  </div>
);
