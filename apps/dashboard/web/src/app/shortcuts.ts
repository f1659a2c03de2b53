import { useEffect } from 'react';
import { useGo } from './address.js';
import { helpOpen } from './keyboard-help.js';
import { VIEWS } from './views.js';

/** The second key of a pair is waited for so long. */
const PAIR_MS = 1_500;

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** Keys that work anywhere but in fields: `/`, `?`, and `g` with a view's key. */
export const useShortcuts = (): void => {
  const go = useGo();
  useEffect(() => {
    let pairUntil = 0;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector('dialog[open]')) return;
      const view = Date.now() < pairUntil ? VIEWS.find(({ key }) => key === event.key) : undefined;
      pairUntil = event.key === 'g' ? Date.now() + PAIR_MS : 0;
      if (view) go(view.path);
      else if (event.key === '?') helpOpen.set(true);
      else if (event.key === '/') document.querySelector<HTMLInputElement>('#search')?.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [go]);
};
