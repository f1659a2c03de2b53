import pg from 'pg';

const CONNECT_MS = 2_000;

/** Connects, asks for nothing, and leaves; rejects with the server's own words, or the system's. */
export const reachPostgres = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => undefined);
  }
};
