import { createStore } from './store.js';

/** Kept for this tab, and gone with it. */
const KEY = 'vfleet-token';

const stored = (): string => sessionStorage.getItem(KEY) ?? '';

/** The operator's token; empty where none was given. */
export const tokenStore = createStore(stored());

export const keepToken = (token: string): void => {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
  tokenStore.set(token);
};

export const authorization = (): Readonly<Record<string, string>> => {
  const token = tokenStore.get();
  return token ? { authorization: `Bearer ${token}` } : {};
};
