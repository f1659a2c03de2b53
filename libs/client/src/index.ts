export * from './client.js';
export type { PagedApi } from './pages.js';
