/** A value as PostgreSQL keeps it in `jsonb`: what is undefined is gone, and keys stand in their order there, shorter ones first. */
export const asJsonb = (value: unknown): unknown => inOrder(typeof value === 'string' ? JSON.parse(value) : JSON.parse(JSON.stringify(value)));

const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
};
