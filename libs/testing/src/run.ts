import { connect } from 'node:net';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

/** Names the folder of the present test run, made and removed by the keeper. */
export const RUN_VARIABLE = 'VFLEET_TEST_RUN';

/** The keeper's socket in the folder of a run. */
export const keeperSocket = (run: string): string => join(run, 'keeper.sock');

const runFolder = (): string => {
  const run = process.env[RUN_VARIABLE];
  if (run === undefined) throw new Error(`${RUN_VARIABLE} is not set: run the specs by Jest from the root, whose globalSetup starts the keeper`);
  return run;
};

/** A new folder that is gone after the run, with whatever was started in it. */
export const aFolder = (name: string): string => mkdtempSync(join(runFolder(), `${name}-`));

/** The PostgreSQL that all specs of a run share; the keeper starts it for the first who asks. */
export const askKeeperForPostgres = (): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    connect(keeperSocket(runFolder()))
      .setEncoding('utf8')
      .on('data', (text: string) => (answer += text))
      .on('error', reject)
      .on('end', () =>
        answer.startsWith('postgres') ? resolve(answer) : reject(new Error(`no PostgreSQL for the specs: ${answer || 'the keeper is gone'}`)),
      );
  });
