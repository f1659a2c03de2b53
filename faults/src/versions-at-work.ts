import type { SystemStatus } from '@vfleet/contracts';
import { ask, until } from '@vfleet/testing';
import type { App, KeptService, Stage } from './stage.js';

const WAIT_MS = 180_000;

/** Keeps a service of another build running, and resolves when it is at work, or stands by, beside whatever runs already. */
export const keepRunningAs = async (stage: Stage, app: App, version: string, root: string): Promise<KeptService> => {
  const service = await stage.keepRunning(app, {}, root);
  await until(
    () => `${app} ${version} to be found; it said ${service.program().said().slice(-2_000)}`,
    async () => (await versionsOf(stage, app)).includes(version),
    WAIT_MS,
  );
  return service;
};

/** Versions of the instances of a service that answer, those that stand by included. */
export const versionsOf = async (stage: Stage, app: App): Promise<readonly string[]> => {
  const { services } = await ask<SystemStatus>(stage.nats, 'system.status', {});
  return services.filter(({ name }) => name === `vfleet-${app}`).map(({ version }) => version);
};

/** Starts a service of this build once, and expects it to refuse: what it says, or nothing where it runs. */
export const refusalOf = async (stage: Stage, app: App): Promise<string | undefined> => {
  const program = stage.start(app, { VFLEET_LOG_LEVEL: 'info' });
  const code = await Promise.race([
    program.ended,
    until(`${app} to start or to refuse`, () => program.said().includes('service is ready') && 'it runs', WAIT_MS),
  ]);
  await program.kill();
  return code === 1 ? program.said() : undefined;
};
